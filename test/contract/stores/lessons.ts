import { describe, expect, it } from 'vitest';
import type { LessonDraft } from '../../../app/task/lessons/lesson.ts';
import { after, NOON, withStores, type OpenStores } from './store-harness.ts';

const DRAFT: LessonDraft = { kind: 'gotcha', text: 'Totals are rounded.', globs: ['src/**'] };

export function describeLessons(open: OpenStores): void {
  describe('lessons', () => {
    const harness = withStores(open);

    function add(taskId: string, repositoryId = 1) {
      const source = { kind: 'check_fixed', taskId, check: 'test' } as const;
      return harness.stores.lessons.add({ repositoryId, draft: DRAFT, source, status: 'proposed', now: NOON });
    }

    it('are numbered in their repository, and the same outcome teaches once', async () => {
      const added = await Promise.all([add('a'), add('b'), add('a'), add('a', 2)]);
      expect(added.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([1, 1, 1, 2]);
      expect((await harness.stores.lessons.list(1)).map(({ number }) => number)).toEqual([1, 2]);
      expect(await harness.stores.lessons.list(2)).toMatchObject([
        {
          ...DRAFT,
          number: 1,
          status: 'proposed',
          keptBy: null,
          helped: 0,
          harmed: 0,
          expiresAt: after(90 * 86_400_000),
        },
      ]);
    });

    it('are kept or dropped by a person, whose name stands with them', async () => {
      await add('a');
      const request = { repositoryId: 1, number: 1, by: 'ada', now: NOON };
      const { lessons } = harness.stores;
      expect(await lessons.decide({ ...request, keep: true })).toMatchObject({ status: 'active', keptBy: 'ada' });
      expect(await lessons.decide({ ...request, keep: false })).toMatchObject({ status: 'retired', keptBy: 'ada' });
      expect(await lessons.list(1)).toEqual([]);
      expect(await lessons.decide({ ...request, number: 9, keep: true })).toBeNull();
    });

    it('are rewritten until a person kept them', async () => {
      await add('a');
      const { lessons } = harness.stores;
      const draft = { ...DRAFT, text: 'Totals are rounded in cents.' };
      const rewrite = { repositoryId: 1, number: 1, draft, now: NOON };
      expect(await lessons.rewrite(rewrite)).toBe(true);
      expect(await lessons.list(1)).toMatchObject([{ text: draft.text }]);
      await lessons.decide({ repositoryId: 1, number: 1, by: 'ada', keep: true, now: NOON });
      expect(await lessons.rewrite({ ...rewrite, draft: DRAFT })).toBe(false);
      expect(await lessons.list(1)).toMatchObject([{ text: draft.text }]);
    });

    it('are credited once for each task that used them, and retired when they harm', async () => {
      await add('a');
      const { lessons } = harness.stores;
      async function useIn(helped: boolean): Promise<void> {
        const { id: taskId } = await harness.admit();
        await lessons.use({ taskId, repositoryId: 1, numbers: [1] });
        await lessons.use({ taskId, repositoryId: 1, numbers: [1] });
        await lessons.credit({ taskId, helped, now: after(1_000) });
        await lessons.credit({ taskId, helped, now: after(2_000) });
      }
      await useIn(true);
      expect(await lessons.list(1)).toMatchObject([
        { helped: 1, harmed: 0, expiresAt: after(90 * 86_400_000 + 1_000) },
      ]);
      await useIn(false);
      await useIn(false);
      expect(await lessons.list(1)).toMatchObject([{ helped: 1, harmed: 2 }]);
      await useIn(false);
      expect(await lessons.list(1)).toEqual([]);
    });
  });
}
