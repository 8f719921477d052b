import { describe, expect, it } from 'vitest';

import type { Drawn } from '../../../app/store/stores.ts';
import { after, fenceOf, limits, NOON, usd, withStores, type OpenStores } from './store-harness.ts';

const USAGE = { inputTokens: 10, outputTokens: 20, cacheWriteTokens: 30, cacheReadTokens: 40 };
const REF = { epoch: 1, model: 'claude-sonnet-5', now: NOON };

export function describeMoney(open: OpenStores): void {
  describe('money of an attempt', () => {
    const harness = withStores(open);

    function draw(taskId: string, request: { id: string; upper: number; keep?: number; epoch?: number }) {
      const { id, upper, keep = 0, epoch = 1 } = request;
      return harness.stores.attempts.draw({
        ...REF,
        epoch,
        taskId,
        requestId: id,
        upperNano: usd(upper),
        keepNano: usd(keep),
      });
    }
    function settle(requestId: string, cost: number) {
      return harness.stores.attempts.settle({ requestId, costNano: usd(cost), usage: USAGE, now: after(2_000) });
    }

    it('is reserved before a request and settled to what it cost', async () => {
      const { task } = await harness.running();
      expect(await draw(task.id, { id: 'a', upper: 2 })).toEqual({
        drawn: true,
        reservationId: 'a',
        leftNano: usd(3),
      });
      expect(await settle('a', 0.5)).toEqual({ settled: true });
      const attempt = await harness.stores.attempts.find({ taskId: task.id, epoch: 1 });
      expect(attempt).toMatchObject({ spentNano: usd(0.5), inflightNano: 0, modelCalls: 1, progressAt: after(2_000) });
      expect((await harness.find(task.id)).spentNano).toBe(usd(0.5));
      expect(await harness.stores.attempts.totals(task.id)).toEqual([
        { purpose: 'work', provider: null, model: 'claude-sonnet-5', requests: 1, usage: USAGE, costNano: usd(0.5) },
      ]);
    });

    it('has a sum of its own for each purpose, provider and model', async () => {
      const { task } = await harness.running();
      const base = { ...REF, taskId: task.id, upperNano: usd(1), keepNano: 0 };
      const asked = [
        { requestId: 'a', purpose: 'judge', provider: 'bedrock', model: 'claude-opus-5' },
        { requestId: 'b', purpose: 'work', provider: 'anthropic' },
        { requestId: 'c', purpose: 'work', provider: 'anthropic' },
      ] as const;
      for (const request of asked) {
        await harness.stores.attempts.draw({ ...base, ...request });
        await settle(request.requestId, 0.25);
      }
      expect(await harness.stores.attempts.totals(task.id)).toMatchObject([
        { purpose: 'work', provider: 'anthropic', model: 'claude-sonnet-5', requests: 2, costNano: usd(0.5) },
        { purpose: 'judge', provider: 'bedrock', model: 'claude-opus-5', requests: 1, costNano: usd(0.25) },
      ]);
    });

    it('serves calls of Bosun itself until the attempt has ended', async () => {
      const { task } = await harness.running();
      const finalizing = await harness.move(await harness.move(task, 'RUNNING'), 'FINALIZING');
      const call = { ...REF, taskId: task.id, purpose: 'judge', upperNano: usd(1), keepNano: 0 } as const;
      expect(await harness.stores.attempts.draw({ ...call, requestId: 'a' })).toMatchObject({ drawn: true });
      expect(await harness.stores.attempts.draw({ ...call, requestId: 'b', upperNano: usd(4.5) })).toMatchObject({
        drawn: false,
        why: 'exhausted',
      });
      await settle('a', 0.25);
      expect((await harness.find(task.id)).spentNano).toBe(usd(0.25));
      await harness.move(finalizing, 'FAILED');
      expect(await harness.stores.attempts.draw({ ...call, requestId: 'c' })).toEqual({ drawn: false, why: 'stale' });
    });

    it('is drawn and settled once for each request id', async () => {
      const { task } = await harness.running();
      await draw(task.id, { id: 'a', upper: 2 });
      expect(await draw(task.id, { id: 'a', upper: 2 })).toMatchObject({ drawn: true, leftNano: usd(3) });
      expect(await settle('a', 1)).toEqual({ settled: true });
      expect(await settle('a', 1)).toEqual({ settled: false });
      expect(await settle('unknown', 1)).toEqual({ settled: false });
      expect((await harness.find(task.id)).spentNano).toBe(usd(1));
    });

    it('keeps a slice for wrapping up and ends with the budget', async () => {
      const { task } = await harness.running();
      expect(await draw(task.id, { id: 'a', upper: 4.2, keep: 1 })).toEqual({
        drawn: false,
        why: 'wrap_up',
        leftNano: usd(5),
      });
      expect(await draw(task.id, { id: 'b', upper: 4.2 })).toMatchObject({ drawn: true });
      expect(await draw(task.id, { id: 'c', upper: 0.9 })).toEqual({
        drawn: false,
        why: 'exhausted',
        leftNano: usd(0.8),
      });
    });

    it.each([
      { upper: 5, callers: 64, winners: 1 },
      { upper: 1, callers: 64, winners: 5 },
    ])('lets $winners of $callers racing requests of $upper USD through', async ({ upper, callers, winners }) => {
      const { task } = await harness.running();
      const draws = Array.from({ length: callers }, (_, index) => draw(task.id, { id: `r${index}`, upper }));
      const drawn = (await Promise.all(draws)).filter((one: Drawn) => one.drawn);
      expect(drawn).toHaveLength(winners);
    });

    it('is never refused by a constraint while requests are drawn and settled all at once', async () => {
      const { task } = await harness.running();
      async function spendAll(caller: number): Promise<void> {
        for (let round = 0; round < 10; round += 1) {
          const id = `${caller}/${round}`;
          const drawn = await draw(task.id, { id, upper: 0.3 + ((caller * 7 + round * 3) % 10) / 5, keep: 0.2 });
          if (drawn.drawn) {
            await settle(id, 0.001);
          }
        }
      }
      await Promise.all(Array.from({ length: 24 }, (_, caller) => spendAll(caller)));
      expect((await harness.stores.attempts.find({ taskId: task.id, epoch: 1 }))?.inflightNano).toBe(0);
    });

    it('is not drawn for a stale attempt, one that is being finalized, or none at all', async () => {
      const { task } = await harness.running();
      const finalizing = await harness.move(await harness.move(task, 'RUNNING'), 'FINALIZING');
      const stale = { drawn: false, why: 'stale' };
      expect(await draw(task.id, { id: 'a', upper: 1 })).toEqual(stale);
      await harness.move(finalizing, 'SUBMITTED');
      await harness.claim();
      expect(await draw(task.id, { id: 'b', upper: 1 })).toEqual(stale);
      expect(await draw('nobody', { id: 'c', upper: 1 })).toEqual(stale);
      expect(await draw(task.id, { id: 'd', upper: 1, epoch: 2 })).toMatchObject({ drawn: true });
    });

    it('stays reserved after the end of the attempt until the last request is settled', async () => {
      const { task } = await harness.running();
      await draw(task.id, { id: 'a', upper: 1 });
      await settle('a', 1);
      await draw(task.id, { id: 'late', upper: 2 });
      await harness.move(task, 'FAILED');
      const { budgets } = limits();
      async function server() {
        const scopes = await harness.stores.budgets.scopes({ repositoryId: 1, now: NOON, limits: budgets });
        return scopes.find((scope) => scope.scope === 'server-day');
      }
      expect(await server()).toMatchObject({ reservedNano: usd(2), spentNano: usd(1) });
      expect(await settle('late', 1.5)).toEqual({ settled: true });
      expect(await server()).toMatchObject({ reservedNano: 0, spentNano: usd(2.5) });
      expect((await harness.find(task.id)).spentNano).toBe(usd(2.5));
      expect(await settle('late', 1.5)).toEqual({ settled: false });
    });

    it.each(['FAILED', 'SUBMITTED'] as const)(
      'is unsettled after %s until its cost is known, and is then shown anew',
      async (to) => {
        const { task } = await harness.running();
        const holder = 'reporter';
        async function take() {
          const taken = await harness.stores.reports.takeDirty({ holder, max: 9, now: after(9_000), leaseMs: 1_000 });
          await Promise.all(
            taken.map(({ id, revision }) =>
              harness.stores.reports.settle(id, { holder, now: after(9_000), revision, lookAgainAt: null }),
            ),
          );
          return taken.map(({ id, spentNano, unsettledNano }) => ({ id, spentNano, unsettledNano }));
        }
        await draw(task.id, { id: 'a', upper: 1 });
        await settle('a', 1);
        await draw(task.id, { id: 'late', upper: 2 });
        const running = await harness.move(task, 'RUNNING');
        expect((await harness.find(task.id)).unsettledNano).toBe(0);
        const finalizing = await harness.move(running, 'FINALIZING');
        expect(finalizing.unsettledNano).toBe(usd(2));
        expect((await harness.move(finalizing, to)).unsettledNano).toBe(usd(2));
        expect(await take()).toEqual([{ id: task.id, spentNano: usd(1), unsettledNano: usd(2) }]);
        expect(await take()).toEqual([]);
        expect(await harness.stores.attempts.settleOrphans({ olderThan: after(1), now: after(9_000) })).toBe(1);
        expect(await take()).toEqual([{ id: task.id, spentNano: usd(3), unsettledNano: 0 }]);
      },
    );

    it('is not given out again while a request of an earlier attempt is in flight', async () => {
      const { task } = await harness.running();
      await draw(task.id, { id: 'late', upper: 2 });
      await harness.move(task, 'SUBMITTED');
      const again = await harness.claim();
      expect(again.attempt.budgetNano).toBe(usd(3));
      await settle('late', 2);
      expect((await harness.find(task.id)).spentNano).toBe(usd(2));
    });

    it('never exceeds what was reserved, and keeps the true cost on record', async () => {
      const { task } = await harness.running();
      await draw(task.id, { id: 'a', upper: 1 });
      await settle('a', 3);
      expect((await harness.find(task.id)).spentNano).toBe(usd(1));
      expect(await harness.stores.attempts.totals(task.id)).toMatchObject([{ costNano: usd(3) }]);
    });

    it('is charged in full for requests that nobody settled', async () => {
      const { task } = await harness.running();
      await draw(task.id, { id: 'a', upper: 1 });
      await draw(task.id, { id: 'b', upper: 2 });
      await settle('b', 0.1);
      const { settleOrphans } = harness.stores.attempts;
      expect(await settleOrphans({ olderThan: NOON, now: after(9_000) })).toBe(0);
      expect(await settleOrphans({ olderThan: after(1), now: after(9_000) })).toBe(1);
      expect((await harness.find(task.id)).spentNano).toBe(usd(1.1));
    });
  });

  describe('an attempt', () => {
    const harness = withStores(open);
    const facts = {
      tokenSha256: 'ff'.repeat(32),
      startSha: 'a'.repeat(40),
      gateBaseSha: 'b'.repeat(40),
      outsiders: [],
    };
    const result = { ending: 'done' as const, summary: 'a\0b', questions: [], turns: 3 };

    it('is found by its token, and is current until its task leaves RUNNING', async () => {
      const { task } = await harness.running();
      const { findByToken } = harness.stores.attempts;
      expect(await findByToken(facts.tokenSha256)).toBeNull();
      const known = { fence: fenceOf(task), now: NOON, patch: {}, attempt: facts };
      expect((await harness.stores.tasks.record(known)).moved).toBe(true);
      expect(await harness.stores.attempts.findWithTask({ taskId: task.id, epoch: 1, now: NOON })).toMatchObject({
        task: { id: task.id },
        attempt: facts,
      });
      const running = await harness.move(task, 'RUNNING');
      const session = await findByToken(facts.tokenSha256);
      expect(session).toMatchObject({ current: true, attempt: facts, task: { id: task.id, state: 'RUNNING' } });
      await harness.move(running, 'FINALIZING');
      expect(await findByToken(facts.tokenSha256)).toMatchObject({ current: false, task: { state: 'FINALIZING' } });
    });

    it('returns heartbeats and progress', async () => {
      const { task } = await harness.running();
      const ref = { taskId: task.id, epoch: 1 };
      const { attempts } = harness.stores;
      expect(await attempts.heartbeat({ ...ref, now: after(10) })).toEqual({ current: true, stop: null });
      expect((await harness.find(task.id)).revision).toBe(task.revision);
      const progress = { phase: 'agent' as const, turn: 1, note: 'Reading' };
      expect(await attempts.progress({ ...ref, now: after(20), progress })).toEqual({ current: true });
      await attempts.progress({ ...ref, now: after(30), progress: { ...progress, turn: 2 } });
      expect((await harness.find(task.id)).revision).toBe(task.revision + 2);
      expect(await attempts.find(ref)).toMatchObject({
        heartbeatAt: after(30),
        progressAt: after(30),
        progress: { ...progress, turn: 2 },
      });
      const phases = (await harness.stores.tasks.events(task.id)).filter((event) => event.kind === 'task.progress');
      expect(phases).toMatchObject([{ data: progress }]);
    });

    it('keeps the first result of its worker', async () => {
      const { task } = await harness.running();
      const ref = { taskId: task.id, epoch: 1, now: NOON };
      const { attempts } = harness.stores;
      expect(await attempts.finish({ ...ref, result })).toEqual({ current: true });
      expect(await attempts.finish({ ...ref, result: { ...result, turns: 9 } })).toEqual({ current: true });
      expect((await attempts.find(ref))?.result).toEqual({ ...result, summary: 'a\uFFFDb' });
    });

    it('warns once at each mark', async () => {
      const { task } = await harness.running();
      const ref = { taskId: task.id, epoch: 1, now: NOON };
      const { warn } = harness.stores.attempts;
      const answers = await Promise.all(Array.from({ length: 8 }, () => warn({ ...ref, percent: 95 })));
      expect(answers.filter((answer) => answer.first)).toHaveLength(1);
      expect(await warn({ ...ref, percent: 80 })).toEqual({ first: true });
      expect((await harness.find(task.id)).revision).toBe(task.revision + 2);
    });

    it('changes nothing once it is stale', async () => {
      const { task } = await harness.running();
      await harness.move(task, 'SUBMITTED');
      await harness.claim();
      const ref = { taskId: task.id, epoch: 1, now: NOON };
      const { attempts } = harness.stores;
      const progress = { phase: 'agent' as const, turn: 1, note: null };
      expect(await attempts.heartbeat(ref)).toEqual({ current: false, stop: null });
      expect(await attempts.progress({ ...ref, progress })).toEqual({ current: false });
      expect(await attempts.finish({ ...ref, result })).toEqual({ current: false });
      expect(await attempts.warn({ ...ref, percent: 80 })).toEqual({ first: false });
      const stale = { fence: fenceOf(task), now: NOON, patch: {}, attempt: facts };
      expect((await harness.stores.tasks.record(stale)).moved).toBe(false);
    });
  });
}
