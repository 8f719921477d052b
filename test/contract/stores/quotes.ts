import { describe, expect, it } from 'vitest';
import type { Task } from '../../../app/task/task.ts';
import { NOON, sampleTask, usd, withStores, type OpenStores } from './store-harness.ts';

export function describeQuotes(open: OpenStores): void {
  describe('costs of ended tasks', () => {
    const harness = withStores(open);
    let made = 0;

    async function end(
      cost: number,
      changes: Partial<Task['settings']> = {},
      to: 'COMPLETED' | 'CANCELLED' = 'COMPLETED',
    ) {
      made += 1;
      const { task } = await harness.running({ settings: { ...sampleTask('settings').settings, ...changes } });
      const id = `quote-${made}`;
      const { attempts } = harness.stores;
      await attempts.draw({
        taskId: task.id,
        epoch: 1,
        requestId: id,
        model: 'm',
        upperNano: usd(cost),
        keepNano: 0,
        now: NOON,
      });
      const usage = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };
      await attempts.settle({ requestId: id, costNano: usd(cost), usage, now: NOON });
      await harness.move(await harness.move(await harness.move(task, 'RUNNING'), 'FINALIZING'), to);
      return task;
    }

    it('are found by repository, type, size and tier', async () => {
      const first = await end(1, { tier: 'small', size: 'S' });
      await end(2, { tier: 'medium', size: 'M' });
      await end(3);
      const kind = { repositoryId: first.repository.id, type: 'implement', size: 'S', tier: 'small' } as const;
      const { quotes } = harness.stores;
      const history = await quotes.history(kind);
      expect(history.same).toEqual([usd(1)]);
      expect(history.repository.toSorted((a, b) => a - b)).toEqual([usd(1), usd(2), usd(3)]);
      expect(history.server).toHaveLength(3);
      // A task of before tiers counts as one of the usual size whose model was named
      expect((await quotes.history({ ...kind, size: 'M', tier: null })).same).toEqual([usd(3)]);
      expect(await quotes.history({ ...kind, repositoryId: 99, type: 'review' })).toMatchObject({
        same: [],
        repository: [],
        server: [],
      });
    });

    it('of a cancelled task say nothing', async () => {
      const { repository } = await end(1, {}, 'CANCELLED');
      const kind = { repositoryId: repository.id, type: 'implement', size: 'M', tier: null } as const;
      expect(await harness.stores.quotes.history(kind)).toMatchObject({ same: [], repository: [], server: [] });
    });

    it('are compared with what was quoted', async () => {
      const quote = { p50Nano: usd(1), p90Nano: usd(2), tasks: 5, basis: 'same' } as const;
      const { repository } = await end(1, { quote });
      await end(2, { quote });
      await end(3, { quote });
      await end(4, { quote: null });
      await end(4);
      expect(await harness.stores.quotes.calibration(repository.id)).toEqual({ quoted: 3, under: 2 });
      expect(await harness.stores.quotes.calibration(99)).toEqual({ quoted: 0, under: 0 });
    });
  });
}
