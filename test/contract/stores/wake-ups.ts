import { describe, expect, it } from 'vitest';

import { after, claimer, fenceOf, limits, NOON, usd, withStores, type OpenStores } from './store-harness.ts';

/** Each change sends the same hints on every implementation, so that a simulation gets none that PostgreSQL would not give. */
export function describeWakeUps(open: OpenStores): void {
  describe('the hints of a change', () => {
    const harness = withStores(open);

    it('go to orchestrators only when a task can be claimed, leaves its slot or is asked to stop', async () => {
      const { id } = await harness.admit();
      const both = [
        { kind: 'task', id },
        { kind: 'report', id },
      ];
      const reporters = [{ kind: 'report', id }];
      expect(harness.wakeUps()).toEqual(both);
      const { task } = await harness.claim();
      expect(harness.wakeUps()).toEqual(reporters);
      const fence = fenceOf(task);
      const ref = { taskId: id, epoch: 1, now: NOON };
      await harness.stores.attempts.heartbeat(ref);
      expect(harness.wakeUps()).toEqual([]);
      await harness.stores.tasks.move({ fence, to: 'RUNNING', now: NOON, event: { kind: 'task.started' } });
      expect(harness.wakeUps()).toEqual(reporters);
      const progress = { phase: 'agent' as const, turn: 1, note: '', at: NOON.toISOString() };
      await harness.stores.attempts.progress({ ...ref, progress });
      expect(harness.wakeUps()).toEqual(reporters);
      await harness.stores.attempts.finish({
        ...ref,
        result: { ending: 'done', summary: '', questions: [], turns: 0 },
      });
      expect(harness.wakeUps()).toEqual([{ kind: 'task', id }]);
      const stop = { kind: 'cancel' as const, by: { id: 1, login: 'one' }, at: NOON };
      await harness.stores.tasks.requestStop({ taskId: id, stop, now: NOON });
      expect(harness.wakeUps()).toEqual(both);
      await harness.stores.tasks.requestStop({ taskId: id, stop, now: NOON });
      expect(harness.wakeUps()).toEqual([]);
      const session = { kind: 'finished' as const };
      const event = { kind: 'task.session_ended' as const, data: { session } };
      await harness.stores.tasks.move({ fence, to: 'FINALIZING', now: NOON, event });
      expect(harness.wakeUps()).toEqual(reporters);
      await harness.stores.tasks.record({ fence, now: NOON, patch: {} });
      expect(harness.wakeUps()).toEqual(reporters);
      const ended = { kind: 'task.ended' as const, data: {} };
      await harness.stores.tasks.move({ fence, to: 'CANCELLED', now: NOON, event: ended });
      expect(harness.wakeUps()).toEqual(both);
    });

    it('go to the reporters alone when a lease is taken over', async () => {
      await harness.admit();
      const { task } = await harness.claim();
      harness.wakeUps();
      await harness.stores.tasks.adopt({ owner: 'other', now: after(3_600_000), leaseMs: 1, max: 1 });
      expect(harness.wakeUps()).toEqual([{ kind: 'report', id: task.id }]);
    });

    it('name the task that a freed slot lets continue', async () => {
      await harness.admit();
      const second = await harness.admit({ repository: 2 });
      const { task } = await harness.claim({ limits: limits({ user: 1 }) });
      expect(await harness.stores.tasks.claim(claimer({ limits: limits({ user: 1 }) }))).toBeNull();
      harness.wakeUps();
      const event = { kind: 'task.ended' as const, data: {} };
      await harness.stores.tasks.move({ fence: fenceOf(task), to: 'FAILED', now: NOON, event });
      expect(harness.wakeUps()).toContainEqual({ kind: 'task', id: second.id });
    });

    it('are not sent by a stale step, which changes nothing', async () => {
      await harness.admit();
      const { task } = await harness.claim();
      harness.wakeUps();
      const fence = { ...fenceOf(task), epoch: 7 };
      await harness.stores.tasks.move({ fence, to: 'FAILED', now: NOON, event: { kind: 'task.ended', data: {} } });
      await harness.stores.tasks.record({ fence, now: NOON, patch: {} });
      expect(harness.wakeUps()).toEqual([]);
    });

    it('name no single delivery, because a router takes whatever is there', async () => {
      await harness.stores.inbox.record({ id: 'a', event: 'ping', body: Buffer.from('{}'), receivedAt: NOON });
      expect(harness.wakeUps()).toEqual([{ kind: 'inbox', id: '*' }]);
      const [taken] = await harness.stores.inbox.take({ max: 1, now: NOON, leaseMs: 1 });
      await harness.stores.inbox.park(taken?.id ?? '', { now: NOON, error: 'a test' });
      expect(harness.wakeUps()).toEqual([]);
      await harness.stores.inbox.unpark({ id: null, max: 5 });
      expect(harness.wakeUps()).toEqual([{ kind: 'inbox', id: '*' }]);
    });

    it('follow a cost that was settled after the end', async () => {
      const { task, attempt } = await harness.running();
      const ref = { taskId: task.id, epoch: attempt.epoch, now: NOON };
      const request = { ...ref, requestId: 'late', model: 'm', upperNano: usd(1), keepNano: 0 };
      await harness.stores.attempts.draw(request);
      const usage = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };
      await harness.move(task, 'RUNNING');
      await harness.move(task, 'FINALIZING');
      await harness.move(task, 'COMPLETED');
      harness.wakeUps();
      await harness.stores.attempts.settle({ requestId: 'late', costNano: 5, usage, now: NOON });
      expect(harness.wakeUps()).toEqual([{ kind: 'report', id: task.id }]);
    });
  });
}
