import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { expectOneOfEach } from './one-of-each.ts';
import { withDeployment, type Deployment } from './deployment.ts';

const DONE = { path: 'DONE.md', text: 'done\n' };
const SCRIPT: ModelScript = [
  { toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }] },
  { text: 'Wrote it down.' },
];
/** Leases of seconds, so that standing still for a moment is standing still for too long. */
const TIMES = { leaseMs: 2_000, renewMs: 500, recoveryMs: 500 };

/** How long it stands at least. */
const STAND_MS = 0;

const open = withDeployment();

function standsStill(pid: number): boolean {
  return /^\d+ \(.*\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** All that stands about a task, in rows and on GitHub. */
async function recall({ github, stores }: Deployment, taskId: string) {
  const task = await stores.tasks.find(taskId);
  const thread = { repository: story.repository, number: task?.thread.number ?? 0 };
  const { stdout } = await github.git(story.repository, [
    'for-each-ref',
    '--format=%(refname) %(objectname)',
    'refs/heads',
  ]);
  return {
    task,
    events: await stores.tasks.events(taskId),
    ledger: await stores.attempts.totals(taskId),
    comments: github.comments(thread).map(({ id, body }) => ({ id, body })),
    pulls: github.pulls(story.repository).length,
    refs: stdout.toString(),
  };
}

test.each(['step.started', 'step.before_push', 'step.before_pull', 'github.updateComment:before'])(
  'a process that stood still at %s while another went on changes nothing afterwards',
  async (stillPoint) => {
    const deployment = await open({ script: SCRIPT });
    const shared = { BOSUN_ARTIFACTS: await deployment.addMachine() };
    const plan = { settings: shared, times: TIMES };
    const still = deployment.start({ ...plan, dataDir: await deployment.addMachine(), stillPoint });
    await deployment.deliverTo(still);
    deployment.github.comment(
      { repository: story.repository, number: 1 },
      { as: story.maintainer, body: '/implement' },
    );
    await expect.poll(() => standsStill(still.pid), { timeout: 60_000, interval: 20 }).toBe(true);
    const began = performance.now();
    const other = deployment.start({ ...plan, dataDir: await deployment.addMachine() });
    const tasks = await deployment.waitForTasks(1, (task) => task.state === 'COMPLETED', { timeoutMs: 150_000 });
    await expectOneOfEach(deployment, { tasks, file: DONE });
    await pause(Math.max(0, STAND_MS - (performance.now() - began)));
    const before = await recall(deployment, tasks[0]?.id ?? '');
    await other.stop();

    process.kill(still.pid, 'SIGCONT');
    // That it does the next task shows that it lives, and has gone past where it stood.
    const issue = deployment.github.openIssue(story.repository, { as: story.reporter, title: 'Next', body: 'Please.' });
    deployment.github.comment(
      { repository: story.repository, number: issue.number },
      { as: story.maintainer, body: '/implement' },
    );
    const both = await deployment.waitForTasks(2, (task) => task.state === 'COMPLETED');
    await expectOneOfEach(deployment, { tasks: both, file: DONE });
    const next = { branch: both[1]?.branch ?? '', pulls: before.pulls + 1 };
    await expect
      .poll(
        async () => {
          const after = await recall(deployment, tasks[0]?.id ?? '');
          const refs = after.refs.split('\n').filter((line) => !line.includes(next.branch));
          return { ...after, refs: refs.join('\n') };
        },
        { timeout: 15_000, interval: 200 },
      )
      .toEqual({ ...before, pulls: next.pulls });
  },
  240_000,
);
