import { describe, expect, it } from 'vitest';
import type { CheckSession } from '../../../app/task/attempt.ts';
import type { CheckRun } from '../../../app/task/checks/check.ts';
import type { CheckRow } from '../../../app/task/checks/decide-checks.ts';
import type { Task } from '../../../app/task/task.ts';
import { after, fenceOf, NOON, withStores, type OpenStores } from './store-harness.ts';

const HEAD = '1'.repeat(40);
const TOKEN = 'cc'.repeat(32);
const SESSION: CheckSession = { at: 'head', commit: HEAD, try: 1, names: ['test', 'lint'] };

function run(change: Partial<CheckRun> = {}): CheckRun {
  return {
    commit: HEAD,
    reading: 'pass',
    cause: null,
    exitCode: 0,
    durationMs: 5,
    outputTail: 'fine',
    isFlaky: false,
    reportKey: null,
    ...change,
  };
}

function row(change: Partial<CheckRow> = {}): CheckRow {
  return { name: 'test', at: 'head', try: 1, run: run(), ...change };
}

const EVENT = { kind: 'task.note', data: { note: 'a check' } } as const;

export function describeChecks(open: OpenStores): void {
  describe('the check session of an attempt', () => {
    const harness = withStores(open);

    async function running(): Promise<Task> {
      const { task } = await harness.running();
      return harness.move(task, 'RUNNING');
    }

    function openSession(task: Task, tokenSha256 = TOKEN) {
      return harness.stores.checks.open({ fence: fenceOf(task), session: SESSION, tokenSha256, now: NOON });
    }

    it('has a token of its own, and the token of the work is worth nothing from then on', async () => {
      const { task } = await harness.running();
      const { attempts, tasks } = harness.stores;
      const work = 'aa'.repeat(32);
      await tasks.record({
        fence: fenceOf(task),
        now: NOON,
        patch: {},
        attempt: { tokenSha256: work, startSha: HEAD, gateBaseSha: HEAD, outsiders: [] },
      });
      const moved = await harness.move(task, 'RUNNING');
      expect(await attempts.findByToken(work)).toMatchObject({ kind: 'work' });
      expect(await openSession(moved)).toEqual({ current: true });
      expect(await attempts.findByToken(work)).toBeNull();
      expect(await attempts.findByToken(TOKEN)).toMatchObject({
        kind: 'check',
        current: true,
        attempt: { checkSession: SESSION, checkedResult: null },
      });
      const step = { name: 'test', run: 'npm test', timeoutMs: 1, gate: 'strict', report: null, retry: true } as const;
      const results = [{ step, head: run(), base: null }];
      const { checks } = harness.stores;
      expect(await checks.close({ fence: fenceOf(moved), results, now: NOON })).toEqual({ current: true });
      expect(await attempts.findByToken(TOKEN)).toBeNull();
      expect(await attempts.find({ taskId: task.id, epoch: 1 })).toMatchObject({
        checkSession: null,
        checkResults: results,
      });
    });

    it('is opened by the owner of the lease alone', async () => {
      const task = await running();
      const fence = { ...fenceOf(task), leaseNumber: fenceOf(task).leaseNumber + 1 };
      const { attempts, checks } = harness.stores;
      expect(await checks.open({ fence, session: SESSION, tokenSha256: TOKEN, now: NOON })).toEqual({ current: false });
      expect(await checks.record({ fence, now: NOON, rows: [row()], events: [] })).toEqual({ current: false });
      expect(await attempts.findByToken(TOKEN)).toBeNull();
      expect(await checks.list({ taskId: task.id, epoch: 1 })).toEqual([]);
    });

    it('reports what ran, and the first account of a run counts', async () => {
      const task = await running();
      const { attempts, checks, tasks } = harness.stores;
      const ref = { taskId: task.id, epoch: 1 };
      const at = { ...ref, now: after(10), event: EVENT };
      expect(await checks.report({ ...at, row: row() })).toEqual({ current: false });
      await openSession(task);
      expect(await checks.report({ ...at, row: null })).toEqual({ current: true });
      expect(await checks.report({ ...at, row: row() })).toEqual({ current: true });
      await checks.report({ ...at, row: row({ run: run({ reading: 'fail', exitCode: 1 }) }) });
      await checks.report({ ...at, row: row({ try: 2 }) });
      expect(await checks.list(ref)).toEqual([row(), row({ try: 2 })]);
      expect((await attempts.find(ref))?.progressAt).toEqual(expect.any(Date));
      const events = await tasks.events(task.id);
      expect(events.filter(({ kind }) => kind === 'task.note')).toHaveLength(5);
    });

    it('ends once, and a new one has not ended', async () => {
      const task = await running();
      const { attempts, checks } = harness.stores;
      const ref = { taskId: task.id, epoch: 1 };
      await openSession(task);
      expect(await checks.finish({ ...ref, now: NOON, result: { ending: 'done' } })).toEqual({ current: true });
      await checks.finish({ ...ref, now: NOON, result: { ending: 'error', reason: 'late' } });
      expect((await attempts.find(ref))?.checkedResult).toEqual({ ending: 'done' });
      await openSession(task, 'dd'.repeat(32));
      expect((await attempts.find(ref))?.checkedResult).toBeNull();
    });

    it('tells nothing more once its attempt is over', async () => {
      const task = await running();
      const { checks } = harness.stores;
      const ref = { taskId: task.id, epoch: 1 };
      await openSession(task);
      await harness.move(task, 'FINALIZING');
      expect(await checks.report({ ...ref, now: NOON, row: row(), event: EVENT })).toEqual({ current: false });
      expect(await checks.finish({ ...ref, now: NOON, result: { ending: 'done' } })).toEqual({ current: false });
      expect(await checks.list(ref)).toEqual([]);
    });
  });

  describe('runs at base commits', () => {
    const harness = withStores(open);

    it('are found by their keys, and forgotten after 30 days', async () => {
      const { checks } = harness.stores;
      await checks.keepBase({ repositoryId: 1, runs: new Map([['a', run()]]), now: NOON });
      await checks.keepBase({ repositoryId: 2, runs: new Map([['c', run()]]), now: NOON });
      const later = after(31 * 86_400_000);
      const failed = run({ reading: 'fail', exitCode: 1 });
      await checks.keepBase({ repositoryId: 1, runs: new Map([['b', failed]]), now: later });
      const found = await checks.findBase(['a', 'b', 'c', 'd']);
      expect(Object.fromEntries(found)).toEqual({ b: failed, c: run() });
    });
  });
}
