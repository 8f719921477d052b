import { describe, expect, it } from 'vitest';

import { mayMove } from '../../../app/task/transitions.ts';
import { failure } from '../../../app/task/failure.ts';
import type { Outcome } from '../../../app/task/outcome.ts';
import { addWait } from '../../../app/task/outages.ts';
import type { Task } from '../../../app/task/task.ts';
import { UNPUBLISHED } from '../../../app/task/unpublished.ts';
import { isTerminal, TASK_STATES, type TaskState } from '../../../protocol/index.ts';
import {
  after,
  claimer,
  fenceOf,
  limits,
  NOON,
  usd,
  withStores,
  type OpenStores,
  type StoreHarness,
} from './store-harness.ts';

const PERSON = { id: 7, login: 'user-7' };
const CANCEL = { kind: 'cancel' as const, by: PERSON, at: NOON };
const PAUSE = { kind: 'pause' as const, by: PERSON, at: NOON };
const DAY_MS = 86_400_000;

const OUTCOME: Outcome = {
  kind: 'partial',
  filesChanged: 2,
  commits: 1,
  verified: 'not_run',
  summary: 'half of it',
  questions: [],
  withheld: [],
  turns: 4,
};

export function describeMoving(open: OpenStores): void {
  describe('moving', () => {
    const harness = withStores(open);
    const edges = TASK_STATES.flatMap((from) => TASK_STATES.map((to) => ({ from, to })));

    it.each(edges)('follows the table from $from to $to', async ({ from, to }) => {
      const task = await bring(harness, from);
      const move = {
        fence: fenceOf(task),
        to,
        now: after(1_000),
        event: { kind: 'task.note' as const, data: { note: to } },
        ...(to === 'SUBMITTED'
          ? { wait: { reason: 'backoff' as const, wakeAt: after(9_000), note: 'again', blockedOn: null } }
          : {}),
      };
      const moved = await harness.stores.tasks.move(move);
      const current = await harness.find(task.id);
      // A claim alone leads to HYDRATING: it makes the attempt.
      if (!mayMove(from, to) || to === 'HYDRATING') {
        expect(moved).toEqual({ moved: false, current: task });
        expect(current).toEqual(task);
        return;
      }
      expect(moved).toEqual({ moved: true, task: current });
      expect(current.state).toBe(to);
      expect(current.finishedAt).toEqual(isTerminal(to) ? after(1_000) : null);
      expect(current.revision).toBe(task.revision + 1);
      const last = (await harness.stores.tasks.events(task.id)).at(-1);
      expect(last).toMatchObject({ kind: 'task.note', state: to, at: after(1_000), data: { note: to } });
    });

    it.each([
      ['an older epoch', { epoch: 0 }],
      ['an older lease', { leaseNumber: 0 }],
      ['another task', { taskId: 'nobody' }],
    ])('refuses %s', async (_name, wrong) => {
      const { task } = await harness.running();
      const fence = { ...fenceOf(task), ...wrong };
      const event = { kind: 'task.note' as const, data: { note: 'a test' } };
      const moved = await harness.stores.tasks.move({ fence, to: 'RUNNING', now: NOON, event });
      expect(moved).toEqual({ moved: false, current: fence.taskId === task.id ? task : null });
      const recorded = await harness.stores.tasks.record({ fence, now: NOON, patch: { branch: 'x' } });
      expect(recorded.moved).toBe(false);
    });

    it('lets one of many racing moves win', async () => {
      const { task } = await harness.running();
      const moves = Array.from({ length: 12 }, (_, index) =>
        harness.stores.tasks.move({
          fence: fenceOf(task),
          to: index % 2 === 0 ? 'RUNNING' : 'FAILED',
          now: NOON,
          event: { kind: 'task.note', data: { note: 'a test' } },
        }),
      );
      const moved = (await Promise.all(moves)).filter((one) => one.moved);
      const states = moved.map((one) => one.task.state);
      // RUNNING does not lead to FAILED, and nothing leads out of FAILED.
      expect(states).toHaveLength(1);
    });

    it('keeps how the session ended with the attempt', async () => {
      const { task } = await harness.running();
      const fence = fenceOf(await harness.move(task, 'RUNNING'));
      const sessionEnd = { kind: 'exited', exitCode: 137, outOfMemory: true } as const;
      const event = { kind: 'task.session_ended', data: { session: sessionEnd } } as const;
      await harness.stores.tasks.move({ fence, to: 'FINALIZING', now: NOON, sessionEnd, event });
      expect(await harness.stores.attempts.find({ taskId: task.id, epoch: 1 })).toMatchObject({ sessionEnd });
    });

    it('writes the facts of a patch and leaves the others', async () => {
      const { task } = await harness.running();
      const patch = { baseBranch: 'main', baseSha: 'b'.repeat(40), publication: { headSha: 'c'.repeat(40) } };
      const fence = fenceOf(task);
      const recorded = await harness.stores.tasks.record({
        fence,
        now: NOON,
        patch,
        event: { kind: 'task.note', data: { note: 'a test' } },
      });
      expect(recorded).toMatchObject({ moved: true, task: { baseBranch: 'main', branch: task.branch } });
      await harness.stores.tasks.record({ fence, now: NOON, patch: { publication: { pullNumber: 12 } } });
      const current = await harness.find(task.id);
      expect(current.publication).toEqual({ ...UNPUBLISHED, headSha: 'c'.repeat(40), pullNumber: 12 });
      expect(current.revision).toBe(task.revision + 1);
      const failed = failure('WORKER_LOST', 'gone');
      const now = after(5);
      const event = { kind: 'task.ended' as const, data: {} };
      await harness.stores.tasks.move({
        fence,
        to: 'FAILED',
        now,
        event,
        patch: { failure: failed, outcome: OUTCOME, lostAttempts: 3 },
      });
      expect(await harness.find(task.id)).toMatchObject({ failure: failed, outcome: OUTCOME, lostAttempts: 3 });
    });

    it('gives a task that goes back to the queue another attempt with what is left of its budget', async () => {
      const { task } = await harness.running();
      await spend(harness, task, usd(2));
      await harness.move(task, 'SUBMITTED');
      const again = await harness.claim();
      expect(again.task).toMatchObject({ id: task.id, epoch: 2, spentNano: usd(2), lease: { number: 2 } });
      expect(again.attempt.budgetNano).toBe(usd(3));
      const first = await harness.stores.attempts.find({ taskId: task.id, epoch: 1 });
      expect(first).toMatchObject({ endedAt: NOON, spentNano: usd(2), budgetNano: usd(5) });
    });
  });

  describe('stopping', () => {
    const harness = withStores(open);

    it('ends a task that waits', async () => {
      const task = await harness.admit();
      const result = await harness.stores.tasks.requestStop({ taskId: task.id, stop: CANCEL, now: after(5) });
      expect(result).toMatchObject({ done: 'ended', task: { state: 'CANCELLED', outcome: { kind: 'cancelled' } } });
      expect(await harness.stores.tasks.claim(claimer())).toBeNull();
      const again = await harness.stores.tasks.requestStop({ taskId: task.id, stop: CANCEL, now: after(6) });
      expect(again.done).toBe('too_late');
    });

    it('asks a task that runs, and a cancel replaces a pause', async () => {
      const { task } = await harness.running();
      const { requestStop } = harness.stores.tasks;
      expect((await requestStop({ taskId: task.id, stop: PAUSE, now: NOON })).done).toBe('requested');
      const result = await requestStop({ taskId: task.id, stop: CANCEL, now: NOON });
      expect(result).toMatchObject({ done: 'requested', task: { state: 'HYDRATING', stop: CANCEL } });
      await requestStop({ taskId: task.id, stop: PAUSE, now: NOON });
      expect((await harness.find(task.id)).stop).toEqual(CANCEL);
      const beat = await harness.stores.attempts.heartbeat({ taskId: task.id, epoch: 1, now: NOON });
      expect(beat).toEqual({ current: true, stop: CANCEL });
    });

    it('pauses a task that waits, for two weeks', async () => {
      const task = await harness.admit();
      const result = await harness.stores.tasks.requestStop({ taskId: task.id, stop: PAUSE, now: NOON });
      expect(result).toMatchObject({ done: 'paused', task: { state: 'SUBMITTED', stop: null } });
      expect(result.task.wait).toMatchObject({ reason: 'paused', wakeAt: after(14 * DAY_MS) });
      expect(await harness.stores.tasks.claim(claimer())).toBeNull();
      expect(await harness.stores.tasks.position(task.id)).toBeNull();
    });

    it('does not lose a cancel that came while an attempt was given up', async () => {
      const { task } = await harness.running();
      await harness.stores.tasks.requestStop({ taskId: task.id, stop: CANCEL, now: NOON });
      const moved = await harness.move(task, 'SUBMITTED');
      expect(moved).toMatchObject({ state: 'CANCELLED', stop: CANCEL, outcome: { kind: 'cancelled' } });
      const states = (await harness.stores.tasks.events(task.id)).slice(-2).map((event) => event.state);
      expect(states).toEqual(['SUBMITTED', 'CANCELLED']);
    });

    it('does not lose a pause that came while an attempt was given up', async () => {
      const { task } = await harness.running();
      await harness.stores.tasks.requestStop({ taskId: task.id, stop: PAUSE, now: NOON });
      const moved = await harness.move(task, 'SUBMITTED');
      expect(moved).toMatchObject({ state: 'SUBMITTED', stop: null, wait: { reason: 'paused' } });
    });

    it('reports when there is no such task', async () => {
      await expect(harness.stores.tasks.requestStop({ taskId: 'no', stop: CANCEL, now: NOON })).rejects.toThrow('no');
    });
  });

  describe('waiting', () => {
    const harness = withStores(open);

    async function waiting(wait: Task['wait'] & object): Promise<Task> {
      const { task } = await harness.running();
      return harness.move(task, 'SUBMITTED', { wait, patch: { outcome: OUTCOME } });
    }

    it('continues on its own at its time', async () => {
      const task = await waiting({ reason: 'backoff', wakeAt: after(60_000), note: 'later', blockedOn: null });
      const { claim, nextWakeAt, wakeDue } = harness.stores.tasks;
      expect(await claim(claimer())).toBeNull();
      expect(await nextWakeAt()).toEqual(after(60_000));
      expect(await wakeDue(after(59_999))).toBe(0);
      expect(await wakeDue(after(60_000))).toBe(1);
      expect(await nextWakeAt()).toBeNull();
      expect((await harness.claim()).task.id).toBe(task.id);
      expect((await harness.stores.tasks.events(task.id)).map((event) => event.kind)).toContain('task.resumed');
    });

    it.each(['budget', 'human', 'paused'] as const)('ends when nobody came back to it: %s', async (reason) => {
      const task = await waiting({ reason, wakeAt: after(1_000), note: 'Which color?', blockedOn: null });
      expect(await harness.stores.tasks.wakeDue(after(1_000))).toBe(1);
      expect(await harness.find(task.id)).toMatchObject({
        state: 'TIMED_OUT',
        failure: { code: 'WAITED_TOO_LONG', detail: 'Which color?' },
        outcome: OUTCOME,
      });
    });

    it('keeps since when a service is unavailable, until a person resumes the task', async () => {
      const { task } = await harness.running();
      const outages = addWait(addWait({}, 'model', NOON), 'model', after(1_000));
      const wait = { reason: 'model', wakeAt: after(60_000), note: 'later', blockedOn: null } as const;
      expect((await harness.move(task, 'SUBMITTED', { wait, patch: { outages } })).outages).toEqual(outages);
      await harness.stores.tasks.wakeDue(after(60_000));
      const claimed = await harness.claim();
      expect(claimed.task.outages).toEqual({ model: { since: NOON, waits: 2 } });
      await harness.move(claimed.task, 'SUBMITTED', { wait });
      const event = { kind: 'task.resumed' as const, data: { by: 'user-7' } };
      const resumed = await harness.stores.tasks.resume({ taskId: task.id, now: after(61_000), event });
      expect(resumed?.outages).toEqual({});
    });

    it('continues when someone resumes it, with the text as that person saw it', async () => {
      const task = await waiting({ reason: 'human', wakeAt: after(1_000), note: 'Which color?', blockedOn: null });
      const text = { ...task.text, request: 'Blue.', at: after(500) };
      const event = { kind: 'task.resumed' as const, data: { by: 'user-7' } };
      const { resume } = harness.stores.tasks;
      const resumed = await resume({ taskId: task.id, now: after(500), event, text });
      expect(resumed).toMatchObject({ text, wait: { reason: 'slot', wakeAt: after(500), note: null } });
      expect(await resume({ taskId: task.id, now: after(500), event })).toBeNull();
      const claimed = await harness.claim();
      expect(claimed.task.text).toEqual(text);
      expect(await resume({ taskId: task.id, now: NOON, event })).toBeNull();
      expect(await resume({ taskId: 'nobody', now: NOON, event })).toBeNull();
    });
  });

  describe('raising the budget', () => {
    const harness = withStores(open);
    const raise = { key: 'raise', addNano: usd(2), by: PERSON, now: NOON, limits: limits().budgets };

    it('adds to the cap of a task that waits, once for each command', async () => {
      const task = await harness.admit();
      const { raiseBudget } = harness.stores.tasks;
      const first = await raiseBudget({ ...raise, taskId: task.id });
      expect(first).toMatchObject({ raised: true, task: { budgetNano: usd(7) } });
      expect(await raiseBudget({ ...raise, taskId: task.id })).toMatchObject({ task: { budgetNano: usd(7) } });
      expect((await harness.claim()).attempt.budgetNano).toBe(usd(7));
      expect((await harness.stores.tasks.events(task.id)).filter((e) => e.kind === 'task.budget_raised')).toHaveLength(
        1,
      );
    });

    it('gives a running attempt more at once', async () => {
      const { task } = await harness.running();
      await spend(harness, task, usd(1));
      const raised = await harness.stores.tasks.raiseBudget({ ...raise, taskId: task.id });
      expect(raised).toMatchObject({ raised: true, task: { budgetNano: usd(7), spentNano: usd(1) } });
      const attempt = await harness.stores.attempts.find({ taskId: task.id, epoch: 1 });
      expect(attempt).toMatchObject({ budgetNano: usd(7), spentNano: usd(1) });
    });

    it('names the scope that is full', async () => {
      const budgets = limits({ repositoryMonthNano: usd(6) });
      await harness.admit();
      const { task } = await harness.claim({ limits: budgets });
      const refused = await harness.stores.tasks.raiseBudget({ ...raise, taskId: task.id, limits: budgets.budgets });
      expect(refused).toMatchObject({
        raised: false,
        scope: { scope: 'repository-month:1', period: '2026-11', capNano: usd(6), reservedNano: usd(5), spentNano: 0 },
      });
      expect((await harness.find(task.id)).budgetNano).toBe(usd(5));
    });
  });
}

/** A task in the state, by the shortest way. */
async function bring(harness: StoreHarness, state: TaskState): Promise<Task> {
  if (state === 'SUBMITTED') {
    return harness.admit();
  }
  const { task } = await harness.running();
  if (state === 'HYDRATING') {
    return task;
  }
  if (state === 'FAILED' || state === 'CANCELLED' || state === 'TIMED_OUT') {
    return harness.move(task, state);
  }
  const running = await harness.move(task, 'RUNNING');
  if (state === 'RUNNING') {
    return running;
  }
  const finalizing = await harness.move(running, 'FINALIZING');
  return state === 'FINALIZING' ? finalizing : harness.move(finalizing, state);
}

async function spend(harness: StoreHarness, task: Task, nano: number): Promise<void> {
  const { attempts } = harness.stores;
  const requestId = `spend ${task.id} ${task.epoch} ${nano}`;
  const ref = { taskId: task.id, epoch: task.epoch, requestId };
  const drawn = await attempts.draw({ ...ref, model: 'm', upperNano: nano, keepNano: 0, now: NOON });
  expect(drawn.drawn).toBe(true);
  const usage = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };
  await attempts.settle({ requestId, costNano: nano, usage, now: NOON });
}
