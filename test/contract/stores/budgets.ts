import { describe, expect, it } from 'vitest';

import { after, claimer, limits, NOON, usd, withStores, type OpenStores } from './store-harness.ts';

const USAGE = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };

export function describeBudgets(open: OpenStores): void {
  describe('budgets over a period', () => {
    const harness = withStores(open);

    async function spend(taskId: string, facts: { id: string; cost: number; at: Date }): Promise<void> {
      const { at, cost, id } = facts;
      const draw = { taskId, epoch: 1, requestId: id, model: 'a', upperNano: usd(cost), keepNano: 0, now: at };
      expect(await harness.stores.attempts.draw(draw)).toMatchObject({ drawn: true });
      await harness.stores.attempts.settle({ requestId: id, costNano: usd(cost), usage: USAGE, now: at });
    }

    it('returns when it was opened and what running attempts have spent of the reserved money', async () => {
      const { budgets } = limits({ serverDayNano: usd(20) });
      const first = await harness.running();
      await harness.admit({ repository: 2 });
      await harness.claim({ now: after(60_000) });
      await spend(first.task.id, { id: 'a', cost: 2, at: after(90_000) });
      const request = { repositoryId: 1, now: after(90_000), limits: budgets };
      const [day, , server] = await harness.stores.budgets.scopes(request);
      expect(day).toMatchObject({ reservedNano: usd(5), spentNano: 0, runningNano: usd(2), openedAt: NOON });
      expect(server).toMatchObject({ reservedNano: usd(10), runningNano: usd(2), openedAt: NOON, warnedAt: null });
      await harness.move(first.task, 'FAILED');
      const [settled] = await harness.stores.budgets.scopes(request);
      expect(settled).toMatchObject({ reservedNano: 0, spentNano: usd(2), runningNano: 0, openedAt: NOON });
    });

    it('lists the scopes of the current periods by name, each under the cap of its last claim', async () => {
      const by = { limits: limits({ repositoryDayNano: usd(8), serverDayNano: usd(20) }) };
      for (const repository of [10, 2]) {
        await harness.admit({ repository });
        await harness.claim(by);
      }
      const { budgets } = by.limits;
      const today = await harness.stores.budgets.current({ now: NOON, limits: budgets });
      expect(today.map(({ scope, capNano }) => [scope, capNano])).toEqual([
        ['repository-day:10', usd(8)],
        ['repository-day:2', usd(8)],
        ['repository-month:10', null],
        ['repository-month:2', null],
        ['server-day', usd(20)],
      ]);
      const tomorrow = await harness.stores.budgets.current({ now: after(86_400_000), limits: budgets });
      expect(tomorrow.map(({ scope }) => scope)).toEqual(['repository-month:10', 'repository-month:2']);
    });

    it('records once for each scope and period that people were warned', async () => {
      await harness.running();
      const request = { repositoryId: 1, now: NOON, limits: limits().budgets };
      const [day] = await harness.stores.budgets.scopes(request);
      const scope = day ?? expect.unreachable();
      const told = await Promise.all(
        Array.from({ length: 8 }, () => harness.stores.budgets.markWarned(scope, after(5_000))),
      );
      expect(told.filter(({ first }) => first)).toHaveLength(1);
      const again = await harness.stores.budgets.scopes(request);
      expect(again.map(({ warnedAt }) => warnedAt)).toEqual([after(5_000), null, null]);
      const elsewhere = { scope: 'repository-day:1' as const, period: '1999-01-01' };
      expect(await harness.stores.budgets.markWarned(elsewhere, NOON)).toEqual({ first: false });
    });

    // The clocks go back in Berlin on this day: it has 25 hours, and ends at 23:00 UTC.
    it('charges a task that runs over midnight to the day in which it began, also on a day of 25 hours', async () => {
      const midnight = new Date('2026-10-25T23:00:00.000Z');
      const by = { limits: limits({ timeZone: 'Europe/Berlin', serverDayNano: usd(6) }) };
      const { budgets } = by.limits;
      await harness.admit({ at: after(-90 * 60_000, midnight) });
      const { task } = await harness.claim({ ...by, now: after(-60_000, midnight) });
      await spend(task.id, { id: 'before', cost: 1, at: after(-1, midnight) });
      await spend(task.id, { id: 'after', cost: 2, at: after(60_000, midnight) });

      const next = await harness.admit({ repository: 2, at: after(60_000, midnight) });
      const begun = await harness.claim({ ...by, now: after(61_000, midnight) });
      expect(begun.task.id).toBe(next.id);
      await harness.move(task, 'FAILED', { now: after(120_000, midnight) });

      async function server(now: Date) {
        const scopes = await harness.stores.budgets.scopes({ repositoryId: 1, now, limits: budgets });
        return scopes.find(({ scope }) => scope === 'server-day');
      }
      expect(await server(after(-1, midnight))).toMatchObject({
        period: '2026-10-25',
        resetsAt: midnight,
        spentNano: usd(3),
        reservedNano: 0,
      });
      expect(await server(midnight)).toMatchObject({ period: '2026-10-26', spentNano: 0, reservedNano: usd(5) });
    });

    it('draws more for a running task from the period in which it began', async () => {
      const midnight = new Date('2026-11-22T00:00:00.000Z');
      const { budgets } = limits({ serverDayNano: usd(6) });
      await harness.admit();
      const { task } = await harness.claim({ limits: limits({ serverDayNano: usd(6) }) });
      const raise = { taskId: task.id, by: { id: 7, login: 'user-7' }, now: after(1, midnight), limits: budgets };
      const refused = await harness.stores.tasks.raiseBudget({ ...raise, key: 'a', addNano: usd(2) });
      expect(refused).toMatchObject({ raised: false, scope: { scope: 'server-day', period: '2026-11-21' } });
      const raised = await harness.stores.tasks.raiseBudget({ ...raise, key: 'b', addNano: usd(1) });
      expect(raised).toMatchObject({ raised: true });
    });
  });

  describe('what stands in the rows', () => {
    const harness = withStores(open);

    it('is counted by state, by reason and by queue', async () => {
      const { task } = await harness.running();
      await harness.move(task, 'RUNNING');
      await harness.admit();
      const paused = await harness.admit();
      const stop = { kind: 'pause' as const, by: { id: 7, login: 'user-7' }, at: NOON };
      await harness.stores.tasks.requestStop({ taskId: paused.id, stop, now: NOON });
      await harness.admit({ user: 8, budgetNano: usd(9) });
      await harness.stores.tasks.claim(claimer({ limits: limits({ user: 1, serverDayNano: usd(8) }) }));
      const body = new Uint8Array([1]);
      await harness.stores.inbox.record({ id: 'a', event: 'ping', body, receivedAt: NOON });
      const standing = await harness.stores.queueStats.read();
      expect(standing.live).toEqual({ HYDRATING: 0, RUNNING: 1, FINALIZING: 0 });
      expect(standing.waits).toMatchObject({ slot: 1, budget: 1, paused: 1, github: 0 });
      expect(standing).toMatchObject({ deliveries: 1, messages: 0, reports: 4 });
    });
  });

  describe('a place in the queue', () => {
    const harness = withStores(open);

    it('reports that every slot of the server or of the repository is in use', async () => {
      const { position } = harness.stores.tasks;
      await harness.admit();
      await harness.claim({ limits: limits({ server: 2, repository: 1 }) });
      const here = await harness.admit();
      const elsewhere = await harness.admit({ repository: 2 });
      expect((await position(here.id))?.block).toEqual({ scope: 'repository', limit: 1 });
      expect((await position(elsewhere.id))?.block).toBeNull();
      await harness.claim({ limits: limits({ server: 2, repository: 1 }) });
      const last = await harness.admit({ repository: 3 });
      expect((await position(last.id))?.block).toEqual({ scope: 'server', limit: 2 });
    });

    it('lets nothing start while the server is paused, and names who paused it', async () => {
      const { pause, tasks } = harness.stores;
      expect(await pause.read()).toBeNull();
      const running = await harness.running();
      const waiting = await harness.admit({ repository: 2 });
      const first = { by: 'the operator', at: NOON, note: 'a move' };
      expect(await pause.set(first)).toEqual(first);
      expect(await pause.set({ by: 'another', at: after(1_000), note: null })).toEqual(first);
      expect(await pause.read()).toEqual(first);
      expect(await tasks.claim(claimer())).toBeNull();
      expect(await tasks.oldestReady()).toBeNull();
      expect((await tasks.position(waiting.id))?.block).toEqual({ scope: 'pause', by: 'the operator', note: 'a move' });
      await harness.move(running.task, 'RUNNING');
      expect(await pause.clear()).toBe(true);
      expect(await pause.clear()).toBe(false);
      expect((await harness.claim()).task.id).toBe(waiting.id);
    });
  });
}
