import { describe, expect, it } from 'vitest';

import { after, claimer, fenceOf, limits, NOON, usd, withStores, type OpenStores } from './world.ts';

/** Each change sends the same hints on every implementation, so that a simulation gets none that PostgreSQL would not give. */
export function describeWakeUps(open: OpenStores): void {
  describe('the hints of a change', () => {
    const world = withStores(open);

    it('go to orchestrators only when a task can be claimed, leaves its slot or is asked to stop', async () => {
      const { id } = await world.admit();
      const both = [
        { kind: 'task', id },
        { kind: 'report', id },
      ];
      const reporters = [{ kind: 'report', id }];
      expect(world.wakeUps()).toEqual(both);
      const { task } = await world.claim();
      expect(world.wakeUps()).toEqual(reporters);
      const fence = fenceOf(task);
      const ref = { taskId: id, epoch: 1, now: NOON };
      await world.stores.attempts.heartbeat(ref);
      expect(world.wakeUps()).toEqual([]);
      await world.stores.tasks.move({ fence, to: 'RUNNING', now: NOON, event: { kind: 'task.started' } });
      expect(world.wakeUps()).toEqual(reporters);
      const progress = { phase: 'agent' as const, turn: 1, note: '', at: NOON.toISOString() };
      await world.stores.attempts.progress({ ...ref, progress });
      expect(world.wakeUps()).toEqual(reporters);
      await world.stores.attempts.finish({
        ...ref,
        result: { ending: 'done', summary: '', questions: [], turns: 0 },
      });
      expect(world.wakeUps()).toEqual([{ kind: 'task', id }]);
      const stop = { kind: 'cancel' as const, by: { id: 1, login: 'one' }, at: NOON };
      await world.stores.tasks.requestStop({ taskId: id, stop, now: NOON });
      expect(world.wakeUps()).toEqual(both);
      await world.stores.tasks.requestStop({ taskId: id, stop, now: NOON });
      expect(world.wakeUps()).toEqual([]);
      const session = { kind: 'finished' as const };
      const event = { kind: 'task.session_ended' as const, data: { session } };
      await world.stores.tasks.move({ fence, to: 'FINALIZING', now: NOON, event });
      expect(world.wakeUps()).toEqual(reporters);
      await world.stores.tasks.record({ fence, now: NOON, patch: {} });
      expect(world.wakeUps()).toEqual(reporters);
      const ended = { kind: 'task.ended' as const, data: {} };
      await world.stores.tasks.move({ fence, to: 'CANCELLED', now: NOON, event: ended });
      expect(world.wakeUps()).toEqual(both);
    });

    it('go to the reporters alone when a lease is taken over', async () => {
      await world.admit();
      const { task } = await world.claim();
      world.wakeUps();
      await world.stores.tasks.adopt({ owner: 'other', now: after(3_600_000), leaseMs: 1, max: 1 });
      expect(world.wakeUps()).toEqual([{ kind: 'report', id: task.id }]);
    });

    it('name the task that a freed slot lets continue', async () => {
      await world.admit();
      const second = await world.admit({ repository: 2 });
      const { task } = await world.claim({ limits: limits({ user: 1 }) });
      expect(await world.stores.tasks.claim(claimer({ limits: limits({ user: 1 }) }))).toBeNull();
      world.wakeUps();
      const event = { kind: 'task.ended' as const, data: {} };
      await world.stores.tasks.move({ fence: fenceOf(task), to: 'FAILED', now: NOON, event });
      expect(world.wakeUps()).toContainEqual({ kind: 'task', id: second.id });
    });

    it('are not sent by a stale step, which changes nothing', async () => {
      await world.admit();
      const { task } = await world.claim();
      world.wakeUps();
      const fence = { ...fenceOf(task), epoch: 7 };
      await world.stores.tasks.move({ fence, to: 'FAILED', now: NOON, event: { kind: 'task.ended', data: {} } });
      await world.stores.tasks.record({ fence, now: NOON, patch: {} });
      expect(world.wakeUps()).toEqual([]);
    });

    it('name no single delivery, because a router takes whatever is there', async () => {
      await world.stores.inbox.record({ id: 'a', event: 'ping', body: Buffer.from('{}'), receivedAt: NOON });
      expect(world.wakeUps()).toEqual([{ kind: 'inbox', id: '*' }]);
      const [taken] = await world.stores.inbox.take({ max: 1, now: NOON, leaseMs: 1 });
      await world.stores.inbox.park(taken?.id ?? '', { now: NOON, error: 'a test' });
      expect(world.wakeUps()).toEqual([]);
      await world.stores.inbox.unpark({ id: null, max: 5 });
      expect(world.wakeUps()).toEqual([{ kind: 'inbox', id: '*' }]);
    });

    it('follow a cost that was settled after the end', async () => {
      const { task, attempt } = await world.running();
      const ref = { taskId: task.id, epoch: attempt.epoch, now: NOON };
      const request = { ...ref, requestId: 'late', model: 'm', upperNano: usd(1), keepNano: 0 };
      await world.stores.attempts.draw(request);
      const usage = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };
      await world.move(task, 'RUNNING');
      await world.move(task, 'FINALIZING');
      await world.move(task, 'COMPLETED');
      world.wakeUps();
      await world.stores.attempts.settle({ requestId: 'late', costNano: 5, usage, now: NOON });
      expect(world.wakeUps()).toEqual([{ kind: 'report', id: task.id }]);
    });
  });
}
