import { describe, expect, it } from 'vitest';

import { after, NOON, withStores, type OpenStores } from './store-harness.ts';

export function describeRecovery(open: OpenStores): void {
  describe('recovery', () => {
    const harness = withStores(open);
    const take = (holder: string, at = NOON, early = false) =>
      harness.stores.recovery.claimJob({ name: 'sweep', holder, now: at, leaseMs: 60_000, early });

    it('gives a scheduled job to one process, and again when it is due', async () => {
      const { finishJob } = harness.stores.recovery;
      const taken = await Promise.all(Array.from({ length: 10 }, (_, index) => take(`p${index}`)));
      expect(taken.filter((one) => one !== null)).toEqual([{ number: 1, cursor: null }]);
      const holder = `p${taken.findIndex((one) => one !== null)}`;
      const held = { name: 'sweep', holder, number: 1 };
      expect(await finishJob({ ...held, now: NOON, dueAt: after(300_000), cursor: 'here' })).toBe(true);
      expect(await take('b', after(299_999))).toBeNull();
      expect(await take('b', after(1), true)).toEqual({ number: 2, cursor: 'here' });
      expect(await take('c', after(2), true)).toBeNull();
      expect(await finishJob({ name: 'sweep', holder: 'b', number: 2, now: NOON, dueAt: after(5), cursor: null })).toBe(
        true,
      );
      expect(await take('c', after(5))).toEqual({ number: 3, cursor: 'here' });
    });

    it('extends a longer round, and accepts nothing from the process that lost it', async () => {
      const { extendJob, finishJob } = harness.stores.recovery;
      await take('a');
      const held = { name: 'sweep', holder: 'a', number: 1 };
      expect(await extendJob({ ...held, now: after(50_000), leaseMs: 60_000 })).toBe(true);
      expect(await take('b', after(100_000))).toBeNull();
      expect(await take('b', after(110_000))).toEqual({ number: 2, cursor: null });
      expect(await extendJob({ ...held, now: after(110_001), leaseMs: 60_000 })).toBe(false);
      expect(await finishJob({ ...held, now: NOON, dueAt: after(1), cursor: 'stale' })).toBe(false);
      const again = { name: 'sweep', holder: 'b', number: 2, now: NOON, dueAt: NOON, cursor: null };
      expect(await finishJob(again)).toBe(true);
      expect(await take('c', after(120_000))).toEqual({ number: 3, cursor: null });
    });

    it('remembers what was seen of a repository, and never less', async () => {
      const { readWatches, writeWatch } = harness.stores.recovery;
      await writeWatch(1, { etag: '"a"', seenThrough: NOON });
      await writeWatch(1, { etag: '"b"', seenThrough: after(5) });
      await writeWatch(1, { etag: '"old"', seenThrough: after(4) });
      await writeWatch(2, { etag: null, seenThrough: NOON });
      expect(await readWatches([1, 2, 3])).toEqual(
        new Map([
          [1, { etag: '"b"', seenThrough: after(5) }],
          [2, { etag: null, seenThrough: NOON }],
        ]),
      );
    });
  });
}
