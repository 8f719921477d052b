import { describe, expect, it } from 'vitest';
import type { TaskPage, TaskQuery } from '../../../app/store/task-lists.ts';
import { after, NOON, sampleTask, usd, withStores, type OpenStores } from './store-harness.ts';

const ALL: TaskQuery = { repositoryIds: null, sort: 'newest', after: null, limit: 50 };

export function describeTaskLists(open: OpenStores): void {
  describe('lists of tasks', () => {
    const harness = withStores(open);
    const title = (text: string) => ({ ...sampleTask('x').text, title: text });

    async function ids(query: Partial<TaskQuery> = {}): Promise<string[]> {
      const page = await harness.stores.lists.page({ ...ALL, ...query });
      return page.tasks.map(({ thread }) => String(thread.number));
    }

    async function spend(costNano: number): Promise<void> {
      const { task } = await harness.claim();
      const ref = { taskId: task.id, epoch: 1, requestId: `request-${task.id}`, now: NOON };
      await harness.stores.attempts.draw({ ...ref, model: 'claude-sonnet-5', upperNano: costNano, keepNano: 0 });
      const usage = { inputTokens: 10, outputTokens: 2, cacheWriteTokens: 0, cacheReadTokens: 4 };
      await harness.stores.attempts.settle({ ...ref, costNano, usage });
      await harness.move(task, 'FAILED');
    }

    it('come newest or oldest first, and a page at a time without a gap or a repetition', async () => {
      for (let made = 0; made < 7; made += 1) {
        await harness.admit({ repository: (made % 2) + 1 });
      }
      expect(await ids()).toEqual(['7', '6', '5', '4', '3', '2', '1']);
      expect(await ids({ sort: 'oldest', limit: 3 })).toEqual(['1', '2', '3']);
      const seen: string[] = [];
      let page: TaskPage | null = null;
      while (page === null || page.next !== null) {
        const cursor: TaskQuery['after'] = page?.next ?? null;
        page = await harness.stores.lists.page({ ...ALL, repositoryIds: [1, 2], limit: 3, after: cursor });
        seen.push(...page.tasks.map(({ thread }) => String(thread.number)));
        // What is admitted while somebody turns pages is on none of the further ones.
        await harness.admit({});
      }
      expect(seen).toEqual(['7', '6', '5', '4', '3', '2', '1']);
    });

    it('keep to the repositories that were named, and to none when none was', async () => {
      await harness.admit({ repository: 1 });
      await harness.admit({ repository: 2 });
      await harness.admit({ repository: 3 });
      expect(await ids({ repositoryIds: [3, 1] })).toEqual(['3', '1']);
      expect(await ids({ repositoryIds: [] })).toEqual([]);
      expect(await ids({ repositoryIds: [9] })).toEqual([]);
      expect(await ids({ repositoryIds: [9], search: '1' })).toEqual([]);
      expect(await harness.stores.lists.counts([1, 2])).toMatchObject({ SUBMITTED: 2, RUNNING: 0 });
      expect(await harness.stores.lists.counts(null)).toMatchObject({ SUBMITTED: 3 });
      expect(await harness.stores.lists.repositories()).toEqual([
        { id: 1, owner: 'acme', name: 'repository-1', installationId: 3 },
        { id: 2, owner: 'acme', name: 'repository-2', installationId: 3 },
        { id: 3, owner: 'acme', name: 'repository-3', installationId: 3 },
      ]);
    });

    it('are filtered by state, person and type', async () => {
      await harness.running({ user: 7 });
      await harness.admit({ user: 8 });
      await harness.admit({ user: 8, repository: 2, type: 'fix' });
      expect(await ids({ states: ['HYDRATING', 'RUNNING'] })).toEqual(['1']);
      expect(await ids({ states: ['SUBMITTED'], repositoryIds: [1] })).toEqual(['2']);
      expect(await ids({ states: ['SUBMITTED', 'SUBMITTED'] })).toEqual(['3', '2']);
      expect(await ids({ requestedBy: 'USER-8' })).toEqual(['3', '2']);
      expect(await ids({ requestedBy: 'user-8', type: 'fix' })).toEqual(['3']);
      expect(await ids({ requestedBy: 'user-8', states: ['RUNNING'] })).toEqual([]);
    });

    it('are searched by number, id and the beginnings of words of the title', async () => {
      const first = await harness.admit({ text: title('Crash in app/config.ts when empty') });
      await harness.admit({ text: title("It's 100% <b>wrong</b> & slow") });
      await harness.admit({ text: title('Größe falsch berechnet') });
      expect(await ids({ search: '#2' })).toEqual(['2']);
      expect(await ids({ search: '3' })).toEqual(['3']);
      expect(await ids({ search: first.id })).toEqual([]);
      expect(await ids({ search: 'CONF cra' })).toEqual(['1']);
      expect(await ids({ search: 'config.ts' })).toEqual(['1']);
      expect(await ids({ search: 'slow wrong' })).toEqual(['2']);
      expect(await ids({ search: 'größ' })).toEqual(['3']);
      expect(await ids({ search: 'rash' })).toEqual([]);
      for (const hostile of ["'", "') or true --", '\\', '&|!():*', '\u0000', '%', "a'b", ':* & !x']) {
        expect(Array.isArray(await ids({ search: hostile }))).toBe(true);
      }
      expect(await ids({ search: '!!!' })).toEqual([]);
    });

    it('come by cost, and usage sums up what was spent', async () => {
      await harness.admit({ repository: 1, user: 7 });
      await spend(usd(0.2));
      await harness.admit({ repository: 2, user: 8, at: after(86_400_000) });
      await spend(usd(0.5));
      await harness.admit({ repository: 1, user: 8 });
      expect(await ids({ sort: 'cost' })).toEqual(['2', '1', '3']);
      const first = await harness.stores.lists.page({ ...ALL, sort: 'cost', limit: 1 });
      expect(await ids({ sort: 'cost', after: first.next })).toEqual(['1', '3']);
      expect(await ids({ sort: 'cost', repositoryIds: [1], states: ['FAILED', 'SUBMITTED'] })).toEqual(['1', '3']);
      const range = { repositoryIds: null, from: NOON, to: after(2 * 86_400_000), limit: 10 };
      const { lists } = harness.stores;
      expect(await lists.usage({ ...range, by: 'repository' })).toEqual([
        { key: 'acme/repository-2', tasks: 1, published: 0, costNano: usd(0.5) },
        { key: 'acme/repository-1', tasks: 2, published: 0, costNano: usd(0.2) },
      ]);
      expect(await lists.usage({ ...range, by: 'day' })).toEqual([
        { key: '2026-11-21', tasks: 2, published: 0, costNano: usd(0.2) },
        { key: '2026-11-22', tasks: 1, published: 0, costNano: usd(0.5) },
      ]);
      expect(await lists.usage({ ...range, by: 'person', repositoryIds: [1] })).toEqual([
        { key: 'user-7', tasks: 1, published: 0, costNano: usd(0.2) },
        { key: 'user-8', tasks: 1, published: 0, costNano: 0 },
      ]);
      expect(await lists.usage({ ...range, by: 'state', to: NOON })).toEqual([]);
      expect(await lists.modelUsage(range)).toEqual([
        {
          model: 'claude-sonnet-5',
          purpose: 'work',
          requests: 2,
          inputTokens: 20,
          outputTokens: 4,
          cacheReadTokens: 8,
          costNano: usd(0.7),
        },
      ]);
      expect(await lists.modelUsage({ ...range, repositoryIds: [9] })).toEqual([]);
    });

    it('has every attempt of a task', async () => {
      const { task } = await harness.running();
      expect(await harness.stores.lists.attempts(task.id)).toMatchObject([{ epoch: 1, endedAt: null }]);
      expect(await harness.stores.lists.attempts('01NONE')).toEqual([]);
    });
  });
}
