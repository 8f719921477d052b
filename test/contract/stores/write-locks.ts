import { expect, describe, it } from 'vitest';

import type { WriteLock, WriteLockRequest, WriteLockNotice } from '../../../app/task/ports/write-locks.ts';
import { createMemoryWriteLocks } from '../../../app/store/memory/memory-write-locks.ts';
import { after, NOON, withStores, type OpenStores } from './store-harness.ts';

const WIDE = { everyMs: 1, burst: 1_000_000 };

function ask(holder: string, facts: Partial<WriteLockRequest> = {}): WriteLockRequest {
  return { installationId: 7, holder, rank: 1, minute: WIDE, hour: WIDE, now: NOON, leaseMs: 10_000, ...facts };
}

export function describeWriteLocks(open: OpenStores): void {
  describe('write locks', () => {
    const harness = withStores(open);
    const take = (holder: string, facts: Partial<WriteLockRequest> = {}): Promise<WriteLock> =>
      harness.stores.writeLocks.take(ask(holder, facts));

    it('gives the lock of an installation to one of many that ask at once', async () => {
      const turns = await Promise.all(Array.from({ length: 20 }, (_, index) => take(`p${index}`)));
      expect(turns.filter((turn) => turn.granted)).toEqual([{ granted: true, number: 1 }]);
      expect(turns.find((turn) => !turn.granted)).toMatchObject({ why: 'held', retryAt: after(10_000) });
      expect(await take('other', { installationId: 8 })).toEqual({ granted: true, number: 1 });
    });

    it('keeps the lock while it is extended, and lets it expire with its process', async () => {
      const { extend } = harness.stores.writeLocks;
      await take('a');
      const held = { installationId: 7, holder: 'a', number: 1 };
      expect(await extend({ ...held, now: after(9_000), leaseMs: 10_000 })).toBe(true);
      expect(await take('b', { now: after(18_999) })).toMatchObject({ granted: false, why: 'held' });
      expect(await take('b', { now: after(19_000) })).toEqual({ granted: true, number: 2 });
      expect(await extend({ ...held, now: after(19_001), leaseMs: 10_000 })).toBe(false);
      await harness.stores.writeLocks.release({ ...held, now: after(19_001) });
      expect(await take('c', { now: after(19_002) })).toMatchObject({ granted: false, why: 'held' });
    });

    it('gives an expired lock to the same process again under a new number', async () => {
      await take('a');
      expect(await take('a', { now: after(5_000) })).toEqual({ granted: true, number: 1 });
      expect(await take('a', { now: after(15_000) })).toEqual({ granted: true, number: 2 });
    });

    it('makes a holder release it for one that waits with the same rank or a lower one', async () => {
      await take('a', { rank: 2 });
      await take('b', { rank: 1 });
      expect(await take('a', { rank: 0 })).toMatchObject({ granted: true });
      expect(await take('a', { rank: 1 })).toMatchObject({ granted: false, why: 'held' });
      expect(await take('c', { rank: 2 })).toMatchObject({ granted: false, why: 'held' });
      expect(await take('b', { rank: 1 })).toMatchObject({ granted: true });
      expect(await take('a', { rank: 2, now: after(100) })).toMatchObject({ granted: false, why: 'held' });
    });

    it('forgets who waited and did not ask again', async () => {
      await take('a');
      await take('b', { rank: 0 });
      expect(await take('a', { now: after(1_999) })).toMatchObject({ granted: false });
      expect(await take('a', { now: after(2_001) })).toMatchObject({ granted: true });
    });

    it('counts writes of all processes, and reserves some for the more important', async () => {
      const pace = { everyMs: 1_000, burst: 3 };
      const low = { rank: 2, minute: pace };
      for (let sent = 0; sent < 3; sent += 1) {
        expect(await take('a', low)).toMatchObject({ granted: true });
      }
      expect(await take('a', low)).toEqual({ granted: false, why: 'limited', retryAt: after(1_000) });
      expect(await take('b', { rank: 0, minute: { ...pace, burst: 4 } })).toMatchObject({ granted: true });
      expect(await take('b', low)).toEqual({ granted: false, why: 'limited', retryAt: after(2_000) });
      expect(await take('a', { ...low, now: after(2_000) })).toMatchObject({ granted: true });
    });

    it('stops every rank until GitHub takes requests again, longer with each refusal', async () => {
      const { block, calm, readBlock } = harness.stores.writeLocks;
      const strike = { firstMs: 60_000, lastMs: 150_000 };
      const common = { installationId: 7, strike };
      expect(await block({ ...common, now: NOON, until: after(5_000) })).toEqual({
        blockedUntil: after(5_000),
        strikes: 1,
      });
      expect(await block({ ...common, now: after(1), until: after(6_000) })).toEqual({
        blockedUntil: after(6_000),
        strikes: 1,
      });
      expect(await take('a', { rank: 0, now: after(5_999) })).toEqual({
        granted: false,
        why: 'limited',
        retryAt: after(6_000),
      });
      await calm({ installationId: 7, now: after(5_999) });
      expect(await block({ ...common, now: after(6_000), until: null })).toEqual({
        blockedUntil: after(126_000),
        strikes: 2,
      });
      expect(await block({ ...common, now: after(126_000), until: after(126_001) })).toEqual({
        blockedUntil: after(276_000),
        strikes: 3,
      });
      expect(await readBlock({ installationId: 7, now: NOON })).toEqual({ blockedUntil: after(276_000), strikes: 3 });
      await calm({ installationId: 7, now: after(276_000) });
      expect(await readBlock({ installationId: 7, now: NOON })).toMatchObject({ strikes: 0 });
      expect(await readBlock({ installationId: 99, now: NOON })).toEqual({ blockedUntil: null, strikes: 0 });
    });

    it('does not count an empty hour as a refusal', async () => {
      const { block } = harness.stores.writeLocks;
      const state = await block({ installationId: 7, now: NOON, until: after(1_000), strike: null });
      expect(state).toEqual({ blockedUntil: after(1_000), strikes: 0 });
    });

    it('notifies those that wait, and about every block', async () => {
      const { block, release, watch } = harness.stores.writeLocks;
      const heard: (WriteLockNotice | null)[] = [];
      let wake = (): void => undefined;
      watch((notice) => {
        heard.push(notice);
        wake();
      });
      function next(isThere: () => boolean): Promise<void> {
        return new Promise((resolve) => {
          wake = () => isThere() && resolve();
          wake();
        });
      }
      // What is said before the channel is open is not heard: a block of another installation is said until it is.
      while (heard.length === 0) {
        await block({ installationId: 1, now: NOON, until: after(1), strike: null });
        await new Promise((resolve) => setImmediate(resolve));
      }
      await take('a');
      await take('b');
      await release({ installationId: 7, holder: 'a', number: 1, now: after(1) });
      function own(): (WriteLockNotice | null)[] {
        return heard.filter((notice) => notice?.installationId === 7);
      }
      await next(() => own().length === 1);
      expect(own()).toEqual([{ kind: 'free', installationId: 7 }]);
      await block({ installationId: 7, now: NOON, until: after(1_000), strike: null });
      await next(() => own().length === 2);
      expect(own()[1]).toEqual({ kind: 'blocked', installationId: 7 });
    });

    it('decides a long random sequence as the rule does', async () => {
      const rule = createMemoryWriteLocks();
      let seed = 7;
      function random(below: number): number {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        return Math.floor((seed / 2 ** 31) * below);
      }
      let atMs = 0;
      for (let step = 0; step < 1_500; step += 1) {
        atMs += random(4) === 0 ? random(4_000) : random(40);
        const now = after(atMs);
        const holder = `p${random(3)}`;
        const held = { installationId: 7, holder, number: random(step + 1) };
        const rank = random(3);
        const request = ask(holder, {
          rank,
          now,
          leaseMs: 1_000,
          minute: { everyMs: 120, burst: 8 - rank },
          hour: { everyMs: 400, burst: 20 - rank },
        });
        const strike = random(2) === 0 ? null : { firstMs: 500, lastMs: 3_000 };
        const until = random(2) === 0 ? null : after(atMs + random(900));
        const kind = random(20);
        for (const step of [harness.stores.writeLocks, rule]) {
          if (kind === 0) {
            await step.release({ ...held, now });
          } else if (kind === 1) {
            await step.calm({ installationId: 7, now });
          }
        }
        if (kind === 2 && (strike !== null || until !== null)) {
          const block = { installationId: 7, now, strike, until };
          expect(await harness.stores.writeLocks.block(block)).toEqual(await rule.block(block));
        } else {
          expect(await harness.stores.writeLocks.take(request), `step ${step}`).toEqual(await rule.take(request));
        }
      }
    });
  });
}
