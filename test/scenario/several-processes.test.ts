import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import type { CrashingBosun } from '../crash/start-crashing-bosun.ts';
import { expectOneOfEach } from './one-of-each.ts';
import { withDeployment, type Deployment } from './deployment.ts';

const DONE = { path: 'DONE.md', text: 'done\n' };
const SETTINGS = { BOSUN_CONCURRENCY: '10', BOSUN_CONCURRENCY_REPOSITORY: '10', BOSUN_CONCURRENCY_USER: '10' };

const open = withDeployment();

interface Machine {
  readonly dataDir: string;
  web: CrashingBosun;
  orchestrator: CrashingBosun;
  door: CrashingBosun;
}

async function startMachine(deployment: Deployment): Promise<Machine> {
  const dataDir = await deployment.addMachine();
  const [web, orchestrator, door] = (['web', 'orchestrator', 'door'] as const).map((roles) =>
    deployment.start({ dataDir, roles }),
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

async function ask(deployment: Deployment, count: number, web: CrashingBosun): Promise<void> {
  await deployment.deliverTo(web);
  for (let index = 0; index < count; index += 1) {
    const title = `It rounds wrongly (${deployment.github.deliveries.length})`;
    const issue = deployment.github.openIssue(story.repository, { as: story.reporter, title, body: 'See the tests.' });
    const thread = { repository: story.repository, number: issue.number };
    deployment.github.comment(thread, { as: story.maintainer, body: '/implement' });
  }
  await deployment.github.settled();
}

test('two of each role on two machines: one of each is killed at work, and everything ends once', async () => {
  const { script, release } = heldScript();
  const deployment = await open({ script, settings: SETTINGS });
  const [one, two] = await Promise.all([startMachine(deployment), startMachine(deployment)]);
  await ask(deployment, 3, one.web);
  await ask(deployment, 2, two.web);
  await deployment.model.waitForCall(4);
  await Promise.all([one.web.kill(), one.door.kill(), two.orchestrator.kill()]);
  // Nobody is there for this one: the next web asks GitHub for what it missed.
  await ask(deployment, 1, two.web);
  release();
  deployment.start({ dataDir: one.dataDir, roles: 'web' });
  deployment.start({ dataDir: one.dataDir, roles: 'door' });
  deployment.start({ dataDir: two.dataDir, roles: 'orchestrator' });
  const tasks = await deployment.waitForTasks(6, (task) => task.state === 'COMPLETED', { timeoutMs: 120_000 });
  expect(tasks).toHaveLength(6);
  await expectOneOfEach(deployment, { tasks, file: DONE });
}, 240_000);

test('a deploy in working hours, each process ended and started again one after the other, loses nothing', async () => {
  const { script, release } = heldScript();
  const deployment = await open({ script, settings: SETTINGS });
  const machines = await Promise.all([startMachine(deployment), startMachine(deployment)]);
  await ask(deployment, 4, machines[0].web);
  await deployment.model.waitForCall(2);
  for (const machine of machines) {
    for (const roles of ['door', 'web', 'orchestrator'] as const) {
      await machine[roles].stop();
      expect(await machine[roles].gone).toEqual({ code: 0, signal: null });
      machine[roles] = deployment.start({ dataDir: machine.dataDir, roles });
      expect(await machine[roles].ready).not.toBeNull();
    }
  }
  release();
  await ask(deployment, 1, machines[1].web);
  const tasks = await deployment.waitForTasks(5, (task) => task.state === 'COMPLETED', { timeoutMs: 120_000 });
  expect(tasks.map((task) => task.lostAttempts)).toEqual([0, 0, 0, 0, 0]);
  await expectOneOfEach(deployment, { tasks, file: DONE });
}, 240_000);

test('a second orchestrator on one data directory is refused, and one without a door waits for it and logs it', async () => {
  const deployment = await open({ script: [{ text: 'Nothing to do.' }] });
  const dataDir = await deployment.addMachine();
  const first = deployment.start({ dataDir, roles: 'orchestrator' });
  const doors = [deployment.start({ dataDir, roles: 'door' }), deployment.start({ dataDir, roles: 'door' })];
  expect(await first.ready).not.toBeNull();
  expect(await Promise.all(doors.map((door) => door.ready))).not.toContain(null);
  const second = deployment.start({ dataDir, roles: 'orchestrator' });
  await expect(second.ready).rejects.toThrow(`Another orchestrator uses this data directory: process ${first.pid} on`);
  for (const process of [first, ...doors]) {
    const url = (await process.ready) ?? '';
    const paths = ['/healthz', '/readyz', '/metrics', '/api/github/webhooks', '/'];
    const answers = await Promise.all(paths.map((path) => fetch(`${url}${path}`)));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 404, 404]);
  }
}, 60_000);
