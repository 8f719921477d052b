import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fenceOf } from '../contract/stores/store-harness.ts';
import { openDashboard, type DashboardWorld } from './dashboard-world.ts';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const program = PROGRAMS.find((path) => existsSync(path));
const SHOTS = process.env['BOSUN_TEST_SCREENSHOTS'];
const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const ids = Array.from({ length: 12 }, (_, index) => `01KAH3M8RZ0W6Y2F4T5N7Q9X${String(index).padStart(2, '0')}`);
const TITLES = [
  'formatDuration says "1m 60s"',
  'Crash when the config file is empty',
  'Add --json to the list command',
  'Größe wird falsch berechnet',
];

describe.skipIf(program === undefined)(
  'in a browser (skipped where there is no Chromium: apt-get install chromium)',
  { timeout: 120_000 },
  () => {
    let browser: Browser;
    let world: DashboardWorld;

    beforeAll(async () => {
      browser = await chromium.launch({ ...(program && { executablePath: program }), args: ['--no-sandbox'] });
      world = await openDashboard({ BOSUN_DASHBOARD: 'local' });
      await fill(world);
    }, 60_000);
    afterAll(async () => {
      await browser.close();
      await world.close();
    });

    async function openPage(path: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
      await page.goto(`${world.url}${path}`, { waitUntil: 'domcontentloaded' });
      return page;
    }

    test.each(['/', '/tasks', `/tasks/${ids[0]}`, `/tasks/${ids[5]}`, '/usage', '/deliveries', '/settings', '/tokens'])(
      '%s has no fault that axe finds, dark, light and on a phone, and is never wider than the screen',
      async (path) => {
        for (const [name, options] of Object.entries({
          light: { colorScheme: 'light' },
          dark: { colorScheme: 'dark' },
          phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
        } as const)) {
          const page = await openPage(path, { ...options, bypassCSP: true });
          await page.addScriptTag({ content: axe });
          const found = await page.evaluate(
            `axe.run({ resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).slice(0, 3).join(' | ')))`,
          );
          expect([name, found]).toEqual([name, []]);
          const wide = await page.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          expect([name, wide]).toEqual([name, 0]);
          if (SHOTS !== undefined) {
            mkdirSync(SHOTS, { recursive: true });
            await page.screenshot({ path: `${SHOTS}/${path.replaceAll('/', '_')}-${name}.png`, fullPage: true });
          }
          await page.close();
        }
      },
    );

    test('a task is found and cancelled with the keyboard, without JavaScript', async () => {
      const page = await openPage('/tasks', { javaScriptEnabled: false });
      await page.focus('input[name=q]');
      await page.keyboard.type('empty');
      await page.keyboard.press('Enter');
      await page.waitForURL(/q=empty/);
      expect(await page.locator('tbody tr').count()).toBeGreaterThan(0);
      await page.goto(`${world.url}/tasks/${ids[11]}`);
      await page.focus('button[value=cancel]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.summary .badge:has-text("Cancelled")');
      expect((await world.stores.tasks.find(ids[11] ?? ''))?.state).toBe('CANCELLED');
      await page.close();
    });

    test('a page follows its task live', async () => {
      const page = await openPage(`/tasks/${ids[0]}`);
      await page.waitForSelector('[data-live-state]:has-text("live")');
      await world.artifacts.append(`${ids[0]}/1/agent.log`, Buffer.from('a new line of the log\n'));
      world.tell(ids[0] ?? '');
      await page.waitForSelector('pre:has-text("a new line of the log")');
      const list = await openPage('/tasks?state=waiting');
      await list.waitForSelector('[data-live-state]:has-text("live")');
      await world.admit('01KAH3M8RZ0W6Y2F4T5N7Q9XZZ', { number: 99, repository: 1 });
      await list.waitForSelector('#task-01KAH3M8RZ0W6Y2F4T5N7Q9XZZ');
      await Promise.all([page.close(), list.close()]);
    });
  },
);

/** Tasks in every state, with a log, an environment and costs. */
async function fill(world: DashboardWorld): Promise<void> {
  const limits = {
    concurrency: { repository: 9, user: 9, server: 9 },
    budgets: { timeZone: 'UTC', serverDayNano: 200e9, repositoryDayNano: 50e9, repositoryMonthNano: 500e9 },
  };
  const claimer = { owner: 'test', now: world.time.now, leaseMs: 1_000, limits };
  for (const [index, id] of ids.entries()) {
    world.time.now = new Date(world.time.now.getTime() + 400_000);
    const title = TITLES[index % TITLES.length] ?? '';
    const text = {
      title,
      body: 'See the tests.',
      author: { id: 8, login: 'teo' },
      request: '',
      sha256: 'aa',
      at: world.time.now,
      throughCommentId: null,
    };
    await world.admit(id, { number: index + 1, repository: (index % 2) + 1, user: (index % 3) + 1, text });
    if (index >= 9) {
      continue;
    }
    const claimed = await world.stores.tasks.claim({ ...claimer, now: world.time.now });
    if (claimed === null) {
      throw new Error('nothing could be claimed');
    }
    const { task } = claimed;
    const ref = { taskId: id, epoch: 1, requestId: id, now: world.time.now };
    await world.stores.attempts.draw({ ...ref, model: 'claude-sonnet-5', upperNano: 2e9, keepNano: 0 });
    const usage = { inputTokens: 21_000, outputTokens: 3_200, cacheWriteTokens: 9_000, cacheReadTokens: 180_000 };
    await world.stores.attempts.settle({ ...ref, costNano: (index + 1) * 310_000_000, usage });
    await world.artifacts.append(
      `${id}/1/agent.log`,
      Buffer.from('turn 1: reads src/format.js\nturn 2: runs npm test\n'),
    );
    const move = { fence: fenceOf(task), now: world.time.now, event: { kind: 'task.started' } } as const;
    await world.stores.tasks.move({ ...move, to: 'RUNNING' });
    if (index === 3) {
      const failure = {
        code: 'NO_CHANGES',
        blame: 'user',
        title: 'The agent changed nothing',
        remedy: 'Add what is missing to the issue, then `/retry`.',
      } as const;
      await world.stores.tasks.move({
        ...move,
        to: 'FAILED',
        patch: { failure },
        event: { kind: 'task.ended', data: { code: 'NO_CHANGES' } },
      });
    }
    if (index > 3) {
      const data = { outcome: 'pull_request' };
      await world.stores.tasks.move({ ...move, to: 'FINALIZING', sessionEnd: { kind: 'finished' } });
      await world.stores.tasks.move({
        ...move,
        to: 'COMPLETED',
        patch: {
          publication: { pullNumber: 40 + index, pullUrl: `https://github.com/acme/repository-1/pull/${40 + index}` },
        },
        event: { kind: 'task.ended', data },
      });
    }
  }
}
