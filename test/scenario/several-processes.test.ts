import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import type { CrashingBosun } from '../crash/start-crashing-bosun.ts';
import { expectOneOfEach } from './one-of-each.ts';
import { withTheater, type Theater } from './theater.ts';

const DONE = { path: 'DONE.md', text: 'done\n' };
const SETTINGS = { BOSUN_CONCURRENCY: '10', BOSUN_CONCURRENCY_REPOSITORY: '10', BOSUN_CONCURRENCY_USER: '10' };

const open = withTheater();

interface Machine {
  readonly dataDir: string;
  web: CrashingBosun;
  orchestrator: CrashingBosun;
  door: CrashingBosun;
}

async function startMachine(theater: Theater): Promise<Machine> {
  const dataDir = await theater.addMachine();
  const [web, orchestrator, door] = (['web', 'orchestrator', 'door'] as const).map((roles) =>
    theater.start({ dataDir, roles }),
  ) as [CrashingBosun, CrashingBosun, CrashingBosun];
  await Promise.all([web.ready, orchestrator.ready, door.ready]);
  return { dataDir, web, orchestrator, door };
}

/** The model works until `release` is called: every worker is busy, whatever is killed meanwhile. */
function heldScript(): { script: ModelScript; release: () => void } {
  let isReleased = false;
  return {
    release: () => {
      isReleased = true;
    },
    script: (_request, { turn }) => {
      if (turn > 0) {
        return { text: 'Wrote it down.' };
      }
      return {
        toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }],
        delayMs: isReleased ? 0 : 4_000,
      };
    },
  };
}

async function ask(theater: Theater, count: number, web: CrashingBosun): Promise<void> {
  await theater.deliverTo(web);
  for (let index = 0; index < count; index += 1) {
    const title = `It rounds wrongly (${theater.github.deliveries.length})`;
    const issue = theater.github.openIssue(story.repository, { as: story.reporter, title, body: 'See the tests.' });
    const thread = { repository: story.repository, number: issue.number };
    theater.github.comment(thread, { as: story.maintainer, body: '/implement' });
  }
  await theater.github.settled();
}

test('two of each role on two machines: one of each is killed at work, and everything ends once', async () => {
  const { script, release } = heldScript();
  const theater = await open({ script, settings: SETTINGS });
  const [one, two] = await Promise.all([startMachine(theater), startMachine(theater)]);
  await ask(theater, 3, one.web);
  await ask(theater, 2, two.web);
  await theater.model.waitForCall(4);
  await Promise.all([one.web.kill(), one.door.kill(), two.orchestrator.kill()]);
  // Nobody is there for this one: the next web asks GitHub for what it missed.
  await ask(theater, 1, two.web);
  release();
  theater.start({ dataDir: one.dataDir, roles: 'web' });
  theater.start({ dataDir: one.dataDir, roles: 'door' });
  theater.start({ dataDir: two.dataDir, roles: 'orchestrator' });
  const tasks = await theater.tasksThat(6, (task) => task.state === 'COMPLETED', { timeoutMs: 120_000 });
  expect(tasks).toHaveLength(6);
  await expectOneOfEach(theater, { tasks, file: DONE });
}, 240_000);

test('a deploy in working hours, each process told to end and started again in turn, loses nothing', async () => {
  const { script, release } = heldScript();
  const theater = await open({ script, settings: SETTINGS });
  const machines = await Promise.all([startMachine(theater), startMachine(theater)]);
  await ask(theater, 4, machines[0].web);
  await theater.model.waitForCall(2);
  for (const machine of machines) {
    for (const roles of ['door', 'web', 'orchestrator'] as const) {
      await machine[roles].stop();
      expect(await machine[roles].gone).toEqual({ code: 0, signal: null });
      machine[roles] = theater.start({ dataDir: machine.dataDir, roles });
      expect(await machine[roles].ready).not.toBeNull();
    }
  }
  release();
  await ask(theater, 1, machines[1].web);
  const tasks = await theater.tasksThat(5, (task) => task.state === 'COMPLETED', { timeoutMs: 120_000 });
  expect(tasks.map((task) => task.lostAttempts)).toEqual([0, 0, 0, 0, 0]);
  await expectOneOfEach(theater, { tasks, file: DONE });
}, 240_000);

test('a second orchestrator on one data directory is refused, and one without a door waits for it and says so', async () => {
  const theater = await open({ script: [{ text: 'Nothing to do.' }] });
  const dataDir = await theater.addMachine();
  const first = theater.start({ dataDir, roles: 'orchestrator' });
  const doors = [theater.start({ dataDir, roles: 'door' }), theater.start({ dataDir, roles: 'door' })];
  expect(await first.ready).not.toBeNull();
  expect(await Promise.all(doors.map((door) => door.ready))).not.toContain(null);
  const second = theater.start({ dataDir, roles: 'orchestrator' });
  await expect(second.ready).rejects.toThrow(`Another orchestrator uses this data directory: process ${first.pid} on`);
  for (const process of [first, ...doors]) {
    const url = (await process.ready) ?? '';
    const paths = ['/healthz', '/readyz', '/metrics', '/api/github/webhooks', '/'];
    const answers = await Promise.all(paths.map((path) => fetch(`${url}${path}`)));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 404, 404]);
  }
}, 60_000);
