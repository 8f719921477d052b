import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitHubApp } from '../../app/github/create-github-app.ts';
import { createWriteLockStore } from '../../app/store/postgres/processes/write-lock-store.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { withDatabase } from '../support/database.ts';
import { emptyTables } from '../support/empty-tables.ts';
import type { WritingOrder, WritingResult, WritingSettings } from './writing-process.ts';

const NAME = 'octo/demo';
const PROGRAM = new URL('writing-process.ts', import.meta.url).pathname;
const db = withDatabase();
const cleaners: (() => Promise<unknown>)[] = [];
let github: LocalGitHub;
let settings: WritingSettings;

beforeEach(async () => {
  github = await createLocalGitHub({ secondaryLimits: 'enforce' });
  cleaners.push(() => github.close());
  github.createUser({ login: 'octo' });
  const { id } = await github.createRepository({ owner: 'octo', name: 'demo', files: { 'README.md': '# Demo' } });
  github.openIssue(NAME, { as: 'octo', title: 'It breaks' });
  const installation = github.installApp(NAME);
  settings = {
    connection: db.connection,
    app: { id: github.app.id, privateKey: github.app.privateKey },
    apiUrl: github.apiUrl,
    installationId: installation.id,
    repository: { id, owner: 'octo', name: 'demo' },
  };
});
afterEach(async () => {
  for (const clean of cleaners.splice(0).toReversed()) {
    await clean();
  }
  await emptyTables(db.database);
});

interface Writer {
  readonly child: ChildProcess;
  order(order: WritingOrder): Promise<WritingResult>;
}

function startWriter(): Writer {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  cleaners.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const waiting = new Map<string, (result: WritingResult) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const result = JSON.parse(line) as WritingResult;
    waiting.get(result.id)?.(result);
  });
  return {
    child,
    order: (order) =>
      new Promise((resolve) => {
        waiting.set(order.id, resolve);
        child.stdin.write(`${JSON.stringify(order)}\n`);
      }),
  };
}

function comment(id: string, priority: 'high' | 'normal' | 'low' = 'high'): WritingOrder {
  return { id, kind: 'comment', priority };
}

function read(id: string): WritingOrder {
  return { id, kind: 'read' };
}

/** Bodies of the comments in the order GitHub took them. */
function taken(): string[] {
  return github.comments({ repository: NAME, number: 1 }).map(({ body }) => body);
}

/** Pairs of writes that were at GitHub at the same instant. */
function findOverlaps(): string[] {
  const writes = github.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/comments'));
  return writes.flatMap((one, index) => {
    const next = writes[index + 1];
    // Starts are told in whole milliseconds.
    return next !== undefined && next.at.getTime() + 1 < one.at.getTime() + one.durationMs
      ? [`${JSON.stringify(one.body)} and ${JSON.stringify(next.body)}`]
      : [];
  });
}

test('four processes write as one: never two at an instant, and each gets to write', async () => {
  github.faults.add({ method: 'POST', path: /comments$/, delayMs: 20, times: Infinity });
  const writers = Array.from({ length: 4 }, startWriter);
  const results = await Promise.all(
    writers.flatMap((writer, name) =>
      Array.from({ length: 5 }, (_, index) => writer.order(comment(`${name}.${index}`))),
    ),
  );
  expect(results.filter(({ problem }) => problem !== null)).toEqual([]);
  expect(taken()).toHaveLength(20);
  expect(findOverlaps()).toEqual([]);
  const half = taken().slice(0, 10);
  expect(new Set(half.map((body) => body[0])).size).toBeGreaterThanOrEqual(3);
});

test('the end of a task in one process goes before the progress of another', async () => {
  github.faults.add({ method: 'POST', path: /comments$/, delayMs: 100, times: Infinity });
  const [busy, ending] = [startWriter(), startWriter()];
  await ending.order(read('warm'));
  const progress = Array.from({ length: 8 }, (_, index) => busy.order(comment(`progress ${index}`, 'low')));
  await github.waitForRequest(({ path }) => path.endsWith('/comments'));
  await ending.order(comment('the end'));
  await Promise.all(progress);
  expect(taken().indexOf('the end')).toBeLessThanOrEqual(3);
  expect(findOverlaps()).toEqual([]);
});

test('when GitHub asks to wait, every process waits, also one that starts after the others were killed', async () => {
  const [told, other] = [startWriter(), startWriter()];
  expect(await other.order(read('before'))).toMatchObject({ problem: null });
  const limit = { status: 403, headers: { 'retry-after': '50' }, body: { message: 'secondary rate limit' } };
  github.faults.add({ method: 'POST', path: /comments$/, ...limit });
  const first = await told.order(comment('refused'));
  expect(first.problem).toBe('limited');
  told.child.kill('SIGKILL');
  const asked = github.requests.length;
  await expect.poll(async () => (await other.order(read('meanwhile'))).problem).toBe('limited');
  const last = startWriter();
  const refused = [await other.order(read('again')), await last.order(read('after')), await last.order(comment('all'))];
  expect(refused.map(({ problem }) => problem)).toEqual(['limited', 'limited', 'limited']);
  // Each process names the time on its own clock, as far from now as it is on the clock of the database.
  const untilMs = Date.parse(first.retryAt ?? '');
  for (const { retryAt } of refused) {
    expect(Math.abs(Date.parse(retryAt ?? '') - untilMs)).toBeLessThan(1_000);
  }
  const later = github.requests.slice(asked).filter(({ path }) => !path.endsWith('/access_tokens'));
  expect(later.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('a process that dies in the middle of a write holds up the others for ten seconds at most', async () => {
  const [dying, next] = [startWriter(), startWriter()];
  await next.order(read('warm'));
  const fault = github.faults.add({ method: 'POST', path: /comments$/, hang: true });
  const hit = fault.nextHit();
  void dying.order(comment('never answered'));
  await hit;
  dying.child.kill('SIGKILL');
  const startedMs = Date.now();
  expect(await next.order(comment('the next'))).toMatchObject({ problem: null });
  expect(Date.now() - startedMs).toBeLessThan(14_000);
});

test('an hour of three busy processes keeps every limit, and an end never waits for progress', async () => {
  const { clock } = github;
  const startMs = clock.now().getTime();
  const clients = Array.from({ length: 3 }, () =>
    createGitHubApp({
      appId: settings.app.id,
      privateKey: settings.app.privateKey,
      apiUrl: settings.apiUrl,
      userAgent: 'bosun-test',
      clock: { now: () => clock.now() },
      writeLocks: createWriteLockStore(db.database, 'caller'),
      // Waiting costs no time here: it moves the clock of the local GitHub.
      sleep: async (ms) => {
        clock.advance(ms);
      },
    }).installation(settings.installationId),
  );
  const waits: number[] = [];
  let refused = 0;
  for (let round = 0; clock.now().getTime() - startMs < 3_600_000; round += 1) {
    const progress = clients.flatMap((client, index) =>
      Array.from({ length: 3 }, () =>
        client.createComment(settings.repository, { number: 1, body: `progress of ${index}`, priority: 'low' }),
      ),
    );
    refused += (await Promise.all(progress)).filter((result) => !result.ok).length;
    if (round % 10 === 0) {
      const atMs = clock.now().getTime();
      const ended = await clients[round % 3]?.createComment(settings.repository, {
        number: 1,
        body: 'the end',
        priority: 'high',
      });
      expect(ended?.ok).toBe(true);
      waits.push(clock.now().getTime() - atMs);
    }
    clock.advance(9_000);
  }
  const { exceeded, maxContentPerHour, maxContentPerMinute } = github.limits();
  expect(exceeded).toEqual([]);
  expect(maxContentPerMinute).toBeLessThanOrEqual(80);
  expect(maxContentPerHour).toBeLessThanOrEqual(500);
  expect(refused).toBeGreaterThan(100);
  expect(waits.length).toBeGreaterThan(30);
  expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
});
