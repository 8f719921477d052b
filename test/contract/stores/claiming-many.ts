import { describe, expect, it } from 'vitest';
import { claimer, limits, usd, withStores, type OpenStores } from './store-harness.ts';

export function describeClaimingMany(open: OpenStores): void {
  describe('claiming several at once', () => {
    const harness = withStores(open);

    async function admit(count: number, facts: (index: number) => Parameters<typeof harness.admit>[0]): Promise<void> {
      for (let index = 0; index < count; index += 1) {
        await harness.admit(facts(index));
      }
    }

    it('takes what one after the other would have taken', async () => {
      await admit(5, (index) => ({ repository: index + 1, user: index + 1 }));
      const claimed = await harness.stores.tasks.claimUpTo(3, claimer());
      expect(claimed.map(({ task }) => task.repository.id)).toEqual([1, 2, 3]);
      expect(claimed.map(({ attempt }) => attempt.budgetNano)).toEqual([usd(5), usd(5), usd(5)]);
      const rest = await harness.stores.tasks.claimUpTo(9, claimer());
      expect(rest.map(({ task }) => task.repository.id)).toEqual([4, 5]);
      expect(await harness.stores.tasks.claimUpTo(9, claimer())).toEqual([]);
    });

    it('stops at the limit of the server', async () => {
      await admit(5, (index) => ({ repository: index + 1, user: index + 1 }));
      const by = claimer({ limits: limits({ server: 2 }) });
      expect(await harness.stores.tasks.claimUpTo(9, by)).toHaveLength(2);
      expect(await harness.stores.tasks.claimUpTo(9, by)).toEqual([]);
    });

    it('counts the tasks of one person that start together', async () => {
      await admit(4, (index) => ({ repository: index + 1, user: 7 }));
      const by = claimer({ limits: limits({ user: 2 }) });
      expect(await harness.stores.tasks.claimUpTo(9, by)).toHaveLength(2);
      const waiting = await harness.stores.tasks.list({ states: ['SUBMITTED'], limit: 9 });
      expect(waiting.map(({ wait }) => wait?.blockedOn)).toEqual(['user:7', 'user:7']);
    });

    it('adds up what they reserve in a budget they share', async () => {
      await admit(4, (index) => ({ repository: index + 1, user: index + 1 }));
      const by = claimer({ limits: limits({ serverDayNano: usd(12) }) });
      expect(await harness.stores.tasks.claimUpTo(9, by)).toHaveLength(2);
      const waiting = await harness.stores.tasks.list({ states: ['SUBMITTED'], limit: 9 });
      expect(waiting.map(({ wait }) => wait?.reason)).toEqual(['budget', 'budget']);
    });
  });
}
