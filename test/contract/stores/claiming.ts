import { describe, expect, it } from 'vitest';

import { after, claimer, fenceOf, limits, NOON, SETTINGS, usd, withStores, type OpenStores } from './store-harness.ts';

const DAY_END = new Date('2026-11-22T00:00:00.000Z');

export function describeClaiming(open: OpenStores): void {
  describe('claiming', () => {
    const harness = withStores(open);

    it('starts an attempt with a lease and the whole budget of the task', async () => {
      const task = await harness.admit();
      const claimed = await harness.claim();
      expect(claimed.task).toMatchObject({
        id: task.id,
        state: 'HYDRATING',
        epoch: 1,
        wait: null,
        startedAt: NOON,
        lease: { owner: 'one', number: 1, until: after(30_000) },
      });
      expect(claimed.attempt).toMatchObject({ taskId: task.id, epoch: 1, budgetNano: usd(5), spentNano: 0 });
      expect(await harness.stores.attempts.find({ taskId: task.id, epoch: 1 })).toEqual(claimed.attempt);
      expect(await harness.find(task.id)).toEqual(claimed.task);
      expect((await harness.stores.tasks.events(task.id)).at(-1)).toMatchObject({ kind: 'task.claimed', epoch: 1 });
      expect(await harness.stores.tasks.claim(claimer())).toBeNull();
    });

    it('takes repositories round robin, and within one the higher priority and then the older', async () => {
      const old = await harness.admit({ repository: 1, priority: 5 });
      const young = await harness.admit({ repository: 1, priority: 5 });
      const urgent = await harness.admit({ repository: 1, priority: 10 });
      const other = await harness.admit({ repository: 2, priority: 1 });
      const ids = [];
      for (let count = 0; count < 4; count += 1) {
        ids.push((await harness.claim()).task.id);
      }
      expect(ids).toEqual([urgent.id, other.id, old.id, young.id]);
    });

    it('starts no more in a repository than its limit, and continues with the next one', async () => {
      await harness.admit({ repository: 1 });
      await harness.admit({ repository: 1 });
      const other = await harness.admit({ repository: 2 });
      const by = { limits: limits({ repository: 1 }) };
      const first = await harness.claim(by);
      expect((await harness.claim(by)).task.id).toBe(other.id);
      expect(await harness.stores.tasks.claim(claimer(by))).toBeNull();
      await harness.move(first.task, 'FAILED');
      expect((await harness.claim(by)).task.repository.id).toBe(1);
    });

    it('follows a limit that was raised or lowered since the last claim', async () => {
      for (let count = 0; count < 4; count += 1) {
        await harness.admit();
      }
      await harness.claim({ limits: limits({ repository: 1 }) });
      expect(await harness.stores.tasks.claim(claimer({ limits: limits({ repository: 1 }) }))).toBeNull();
      const second = await harness.claim({ limits: limits({ repository: 2 }) });
      await harness.move(second.task, 'FAILED');
      expect(await harness.stores.tasks.claim(claimer({ limits: limits({ repository: 1 }) }))).toBeNull();
      await harness.claim({ limits: limits({ repository: 2 }) });
    });

    it('leaves everything as it is while the server has no free slot', async () => {
      const { task: running } = await harness.running();
      const task = await harness.admit({ repository: 2 });
      const by = claimer({ limits: limits({ server: 1 }) });
      expect(await harness.stores.tasks.claim(by)).toBeNull();
      expect(await harness.find(task.id)).toEqual(task);
      await harness.move(running, 'FAILED');
      expect((await harness.stores.tasks.claim(by))?.task.id).toBe(task.id);
    });

    it('holds back the tasks of a person at the limit, and takes up the first when a slot is free', async () => {
      const by = { limits: limits({ user: 1 }) };
      await harness.admit({ user: 7 });
      const first = await harness.claim(by);
      const waiting = await harness.admit({ user: 7, repository: 2 });
      const later = await harness.admit({ user: 7, repository: 3 });
      const other = await harness.admit({ user: 8, repository: 2 });
      expect((await harness.claim(by)).task.id).toBe(other.id);
      expect((await harness.find(waiting.id)).wait).toMatchObject({
        reason: 'slot',
        blockedOn: 'user:7',
        note: 'limit on running tasks of one person: 1 of 1 running',
      });
      expect(await harness.stores.tasks.claim(claimer(by))).toBeNull();
      expect(await harness.stores.tasks.position(waiting.id)).toMatchObject({ position: 1, waiting: 1 });
      await harness.move(first.task, 'FAILED');
      expect((await harness.find(waiting.id)).wait).toMatchObject({ reason: 'slot', blockedOn: null });
      expect((await harness.find(later.id)).wait).toMatchObject({ blockedOn: 'user:7' });
      expect((await harness.claim(by)).task.id).toBe(waiting.id);
    });

    it('keeps the lower limits that a repository sets itself', async () => {
      const one = { concurrency: 1, dayNano: null, monthNano: null };
      const poor = { concurrency: null, dayNano: usd(6), monthNano: null };
      const first = await harness.admit({ repository: 2, settings: { ...SETTINGS, limits: one } });
      const second = await harness.admit({ repository: 2, settings: { ...SETTINGS, limits: one } });
      await harness.admit({ repository: 3, budgetNano: usd(5), settings: { ...SETTINGS, limits: poor } });
      const dear = await harness.admit({ repository: 3, budgetNano: usd(5), settings: { ...SETTINGS, limits: poor } });
      const running = await harness.claim();
      expect(running.task.id).toBe(first.id);
      await harness.claim();
      expect(await harness.stores.tasks.claim(claimer())).toBeNull();
      expect((await harness.find(second.id)).wait).toMatchObject({
        blockedOn: 'repository:2',
        note: 'limit on running tasks of this repository: 1 of 1 running',
      });
      expect((await harness.find(dear.id)).wait).toMatchObject({
        reason: 'budget',
        blockedOn: 'budget:repository-day:3',
      });
      await harness.move(running.task, 'FAILED');
      expect((await harness.claim()).task.id).toBe(second.id);
    });

    it('gives the next task of a person its chance when the one before it is cancelled', async () => {
      const by = { limits: limits({ user: 1 }) };
      await harness.admit({ user: 7 });
      const first = await harness.claim(by);
      const waiting = await harness.admit({ user: 7, repository: 2 });
      const later = await harness.admit({ user: 7, repository: 3 });
      expect(await harness.stores.tasks.claim(claimer(by))).toBeNull();
      await harness.move(first.task, 'FAILED');
      const stop = { kind: 'cancel' as const, by: { id: 7, login: 'user-7' }, at: NOON };
      await harness.stores.tasks.requestStop({ taskId: waiting.id, stop, now: NOON });
      expect((await harness.claim(by)).task.id).toBe(later.id);
    });

    it('reserves the whole budget in every scope and lets a task wait that does not fit', async () => {
      const by = { limits: limits({ repositoryDayNano: usd(8) }) };
      const first = await harness.admit();
      await harness.claim(by);
      const second = await harness.admit();
      const other = await harness.admit({ repository: 2 });
      expect((await harness.claim(by)).task.id).toBe(other.id);
      const wait = {
        reason: 'budget',
        blockedOn: 'budget:repository-day:1',
        wakeAt: DAY_END,
        note: 'repository budget of $8.00 a day: $0.00 spent, $5.00 reserved, $3.00 left; this task needs $5.00',
      };
      expect((await harness.find(second.id)).wait).toEqual(wait);
      expect((await harness.stores.tasks.events(second.id)).at(-1)).toMatchObject({ kind: 'task.waiting' });
      const scopes = await harness.stores.budgets.scopes({ repositoryId: 1, now: NOON, limits: by.limits.budgets });
      expect(scopes).toMatchObject([
        scope('repository-day:1', { period: '2026-11-21', capNano: usd(8), reservedNano: usd(5), resetsAt: DAY_END }),
        scope('repository-month:1', {
          period: '2026-11',
          capNano: null,
          reservedNano: usd(5),
          resetsAt: new Date('2026-12-01T00:00:00.000Z'),
        }),
        scope('server-day', { period: '2026-11-21', capNano: null, reservedNano: usd(10), resetsAt: DAY_END }),
      ]);
      await harness.move(await harness.find(first.id), 'FAILED');
      expect((await harness.claim(by)).task.id).toBe(second.id);
    });

    it('wakes only what fits into the money that was given back', async () => {
      const by = { limits: limits({ serverDayNano: usd(10) }) };
      const small = await harness.admit({ budgetNano: usd(2) });
      await harness.claim(by);
      await harness.admit({ budgetNano: usd(6) });
      await harness.claim(by);
      const large = await harness.admit({ repository: 2, budgetNano: usd(9), priority: 10 });
      const fitting = await harness.admit({ repository: 3, budgetNano: usd(4) });
      expect(await harness.stores.tasks.claim(claimer(by))).toBeNull();
      await harness.move(await harness.find(small.id), 'FAILED');
      expect((await harness.find(large.id)).wait?.blockedOn).toBe('budget:server-day');
      expect((await harness.claim(by)).task.id).toBe(fitting.id);
    });

    it('leaves the slot of a person to their next task when one waits for money', async () => {
      const by = { limits: limits({ user: 1, serverDayNano: usd(8) }) };
      await harness.admit({ user: 7 });
      const first = await harness.claim(by);
      const dear = await harness.admit({ user: 7, repository: 2, budgetNano: usd(8) });
      const cheap = await harness.admit({ user: 7, repository: 3, budgetNano: usd(2) });
      expect(await harness.stores.tasks.claim(claimer(by))).toBeNull();
      await harness.admit({ user: 8, repository: 4, budgetNano: usd(3) });
      await harness.claim(by);
      await harness.move(first.task, 'FAILED');
      expect((await harness.claim(by)).task.id).toBe(cheap.id);
      expect((await harness.find(dear.id)).wait?.blockedOn).toBe('budget:server-day');
    });

    it('begins a new period with its whole cap, while the old one keeps what was begun in it', async () => {
      const by = { limits: limits({ serverDayNano: usd(5) }) };
      await harness.admit();
      const { task } = await harness.claim(by);
      const next = await harness.admit({ at: after(1_000) });
      expect(await harness.stores.tasks.claim(claimer(by))).toBeNull();
      expect(await harness.stores.tasks.nextWakeAt()).toEqual(DAY_END);
      expect(await harness.stores.tasks.wakeDue(DAY_END)).toBe(1);
      expect((await harness.claim({ ...by, now: DAY_END })).task.id).toBe(next.id);
      await harness.move(task, 'FAILED');
      const scopes = await harness.stores.budgets.scopes({ repositoryId: 1, now: NOON, limits: by.limits.budgets });
      expect(scopes.find((one) => one.scope === 'server-day')).toMatchObject({ reservedNano: 0 });
    });

    it('writes no new event while a limit stops a task again for the same reason', async () => {
      const by = { limits: limits({ user: 1 }) };
      await harness.admit();
      await harness.claim(by);
      const waiting = await harness.admit();
      expect(await harness.stores.tasks.claim(claimer(by))).toBeNull();
      const before = await harness.find(waiting.id);
      const recheck = before.wait?.wakeAt ?? expect.unreachable();
      expect(await harness.stores.tasks.wakeDue(recheck)).toBe(1);
      expect(await harness.stores.tasks.claim(claimer({ ...by, now: recheck }))).toBeNull();
      const again = await harness.find(waiting.id);
      expect(again.revision).toBe(before.revision);
      expect(again.wait?.blockedOn).toBe('user:7');
    });

    it('knows the oldest task that could run, and none while the limits hold it back', async () => {
      const { oldestReady } = harness.stores.tasks;
      expect(await oldestReady()).toBeNull();
      await harness.admit();
      await harness.admit({ at: after(5_000) });
      expect(await oldestReady()).toEqual(NOON);
      await harness.claim({ limits: limits({ repository: 1 }) });
      expect(await oldestReady()).toBeNull();
      await harness.admit({ repository: 2, at: after(9_000) });
      expect(await oldestReady()).toEqual(after(9_000));
    });
  });

  describe('leases', () => {
    const harness = withStores(open);

    it('renews the leases of an owner and returns which', async () => {
      const { task } = await harness.running();
      await harness.admit();
      const other = await harness.claim({ owner: 'two' });
      const left = await harness.running();
      const held = await harness.stores.tasks.renew({
        owner: 'one',
        holding: [task.id, other.task.id],
        now: after(10_000),
        leaseMs: 30_000,
      });
      expect(held).toEqual([fenceOf(task)]);
      expect((await harness.find(task.id)).lease?.until).toEqual(after(40_000));
      expect((await harness.find(other.task.id)).lease?.until).toEqual(after(30_000));
      expect((await harness.find(left.task.id)).lease?.until).toEqual(after(30_000));
    });

    it('counts the attempts that look lost: without a lease, or with a silent worker', async () => {
      const { staleness, renew } = harness.stores.tasks;
      const { task } = await harness.running();
      await harness.move(task, 'RUNNING');
      await harness.running();
      const heartbeatStaleMs = 180_000;
      expect(await staleness({ now: after(29_999), heartbeatStaleMs })).toEqual({ live: 2, stale: 0 });
      expect(await staleness({ now: after(30_000), heartbeatStaleMs })).toEqual({ live: 2, stale: 2 });
      const ids = (await harness.stores.tasks.list({ limit: 9 })).map(({ id }) => id);
      await renew({ owner: 'one', holding: ids, now: after(170_000), leaseMs: 30_000 });
      expect(await staleness({ now: after(179_999), heartbeatStaleMs })).toEqual({ live: 2, stale: 0 });
      expect(await staleness({ now: after(180_000), heartbeatStaleMs })).toEqual({ live: 2, stale: 1 });
      await harness.stores.attempts.heartbeat({ taskId: task.id, epoch: 1, now: after(175_000) });
      expect(await staleness({ now: after(180_000), heartbeatStaleMs })).toEqual({ live: 2, stale: 0 });
    });

    it('gives an expired lease to the first who asks, under a higher number', async () => {
      const { task } = await harness.running();
      const { adopt, move, record } = harness.stores.tasks;
      expect(await adopt({ owner: 'two', now: after(29_999), leaseMs: 30_000, max: 10 })).toEqual([]);
      const rivals = ['two', 'three', 'four'].map((owner) =>
        adopt({ owner, now: after(30_000), leaseMs: 30_000, max: 10 }),
      );
      const adopted = (await Promise.all(rivals)).flat();
      expect(adopted).toHaveLength(1);
      expect(adopted[0]).toMatchObject({ id: task.id, epoch: 1, lease: { number: 2, until: after(60_000) } });
      const stale = fenceOf(task);
      const event = { kind: 'task.note' as const, data: { note: 'a test' } };
      expect((await move({ fence: stale, to: 'RUNNING', now: NOON, event })).moved).toBe(false);
      expect((await record({ fence: stale, now: NOON, patch: { branch: 'mine' } })).moved).toBe(false);
      const attempt = { tokenSha256: 'a', startSha: 'b', gateBaseSha: 'c', outsiders: [] };
      expect((await record({ fence: stale, now: NOON, patch: {}, attempt })).moved).toBe(false);
      expect(await harness.stores.attempts.findByToken('a')).toBeNull();
      expect(
        await harness.stores.tasks.renew({ owner: 'one', holding: [task.id], now: NOON, leaseMs: 30_000 }),
      ).toEqual([]);
      expect((await harness.stores.tasks.events(task.id)).at(-1)).toMatchObject({
        kind: 'task.lease_lost',
        data: { owner: 'one' },
      });
    });

    it('gives an owner that starts its own back at once, but not what it is working on', async () => {
      const first = await harness.running();
      const second = await harness.running();
      const options = { owner: 'one', now: NOON, leaseMs: 30_000, own: 'at once' as const };
      expect(await harness.stores.tasks.adopt({ ...options, own: 'when run out', max: 10 })).toEqual([]);
      const adopted = await harness.stores.tasks.adopt({ ...options, max: 10, holding: [first.task.id] });
      expect(adopted.map((task) => task.id)).toEqual([second.task.id]);
      expect(await harness.stores.tasks.adopt({ ...options, max: 1 })).toHaveLength(1);
    });
  });
}

function scope(name: string, facts: { period: string; capNano: number | null; reservedNano: number; resetsAt: Date }) {
  return { scope: name, spentNano: 0, ...facts };
}
