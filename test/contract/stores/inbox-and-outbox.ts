import { describe, expect, it } from 'vitest';

import type { NewOutboxItem } from '../../../app/store/stores.ts';
import { after, NOON, withStores, type OpenStores } from './store-harness.ts';

const LEASE = { now: NOON, leaseMs: 1_000 };
const ME = { holder: 'me' };
const OTHER = { holder: 'other' };

export function describeInboxAndOutbox(open: OpenStores): void {
  describe('inbox', () => {
    const harness = withStores(open);

    function delivery(id: string, at = NOON) {
      return { id, event: 'issue_comment', body: new TextEncoder().encode(`{"id":"${id}"}`), receivedAt: at };
    }

    it('keeps each delivery once, byte for byte', async () => {
      const { inbox } = harness.stores;
      const answers = await Promise.all(Array.from({ length: 50 }, () => inbox.record(delivery('a'))));
      expect(answers.filter((answer) => answer.recorded)).toHaveLength(1);
      const [taken] = await inbox.take({ ...LEASE, max: 5 });
      expect(taken).toMatchObject({ id: 'a', event: 'issue_comment', takes: 1, receivedAt: NOON });
      expect(new TextDecoder().decode(taken?.body)).toBe('{"id":"a"}');
    });

    it('hands out the oldest first, each to one router at a time, and again when it is not settled', async () => {
      const { inbox } = harness.stores;
      await inbox.record(delivery('late', after(5)));
      await inbox.record(delivery('early', after(-5)));
      const rivals = await Promise.all(Array.from({ length: 8 }, () => inbox.take({ ...LEASE, max: 1 })));
      const ids = rivals.flat().map((taken) => taken.id);
      expect(ids.toSorted()).toEqual(['early', 'late']);
      expect(await inbox.take({ now: after(999), leaseMs: 1_000, max: 5 })).toEqual([]);
      const again = await inbox.take({ now: after(1_000), leaseMs: 1_000, max: 5 });
      expect(again.map((taken) => [taken.id, taken.takes])).toEqual([
        ['early', 2],
        ['late', 2],
      ]);
      expect(await inbox.oldestUnrouted()).toEqual(after(-5));
    });

    it('returns when a deferred delivery, or one whose router may have died, can be taken again', async () => {
      const { inbox } = harness.stores;
      await inbox.record(delivery('a'));
      await inbox.record(delivery('b'));
      expect(await inbox.nextDueAt()).toBeNull();
      await inbox.take({ now: NOON, leaseMs: 60_000, max: 2 });
      expect(await inbox.nextDueAt()).toEqual(after(60_000));
      await inbox.defer('b', { now: NOON, until: after(2_000), note: 'GitHub is away' });
      expect(await inbox.nextDueAt()).toEqual(after(2_000));
      await inbox.settle('b', { now: NOON, note: 'done' });
      await inbox.park('a', { now: NOON, error: 'boom' });
      expect(await inbox.nextDueAt()).toBeNull();
    });

    it('remembers what was settled or parked, and forgets the settled after a while', async () => {
      const { inbox } = harness.stores;
      for (const id of ['a', 'b', 'c']) {
        await inbox.record(delivery(id));
      }
      await inbox.settle('a', { now: NOON, note: 'done' });
      await inbox.park('b', { now: NOON, error: 'boom' });
      expect((await inbox.take({ ...LEASE, max: 5 })).map((taken) => taken.id)).toEqual(['c']);
      expect(await inbox.known(['a', 'b', 'x'])).toEqual(new Set(['a', 'b']));
      expect(await inbox.record(delivery('a'))).toEqual({ recorded: false });
      expect(await inbox.prune({ before: NOON, max: 10 })).toBe(0);
      expect(await inbox.prune({ before: after(1), max: 10 })).toBe(1);
      expect(await inbox.known(['a', 'b'])).toEqual(new Set(['b']));
    });

    it('lists what came, the newest first, and routes what was parked again', async () => {
      const { inbox } = harness.stores;
      await inbox.record(delivery('old'));
      await inbox.record(delivery('new', after(5)));
      await inbox.record(delivery('other', after(9)));
      await inbox.take({ ...LEASE, max: 2 });
      await inbox.park('old', { now: NOON, error: 'boom' });
      await inbox.park('new', { now: NOON, error: 'bang' });
      expect((await inbox.list({ state: null, limit: 2 })).map(({ id }) => id)).toEqual(['other', 'new']);
      expect(await inbox.list({ state: 'parked', limit: 9 })).toEqual([
        { id: 'new', event: 'issue_comment', state: 'parked', takes: 1, receivedAt: after(5), note: 'bang' },
        { id: 'old', event: 'issue_comment', state: 'parked', takes: 1, receivedAt: NOON, note: 'boom' },
      ]);
      expect(await inbox.unpark({ id: 'other', max: 9 })).toEqual([]);
      expect(await inbox.unpark({ id: 'old', max: 9 })).toEqual(['old']);
      expect(await inbox.unpark({ id: null, max: 9 })).toEqual(['new']);
      const taken = await inbox.take({ ...LEASE, max: 9 });
      expect(taken.map(({ id, takes }) => [id, takes])).toEqual([
        ['old', 1],
        ['new', 1],
        ['other', 1],
      ]);
      expect(new TextDecoder().decode(taken[0]?.body)).toBe('{"id":"old"}');
    });

    it('gives a command to the first delivery that claims it', async () => {
      const { claimCommand } = harness.stores.inbox;
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => claimCommand({ key: 'k', deliveryId: `d${index}`, now: NOON })),
      );
      expect(answers.filter((answer) => answer.mine)).toHaveLength(1);
      const owner = answers.findIndex((answer) => answer.mine);
      expect(await claimCommand({ key: 'k', deliveryId: `d${owner}`, now: after(9) })).toEqual({ mine: true });
      expect(await claimCommand({ key: 'other', deliveryId: 'd99', now: NOON })).toEqual({ mine: true });
    });
  });

  describe('outbox', () => {
    const harness = withStores(open);

    function item(key: string): NewOutboxItem {
      return {
        key,
        installationId: 3,
        repository: { id: 1, owner: 'acme', name: 'one' },
        thread: { number: 4, kind: 'issue' },
        message: { kind: 'reply', body: `about ${key}` },
      };
    }

    it('delivers each message once, in order, and again when asked to', async () => {
      const { outbox } = harness.stores;
      await outbox.add([item('a'), item('b')], NOON);
      await outbox.add([item('a')], after(1));
      const first = await outbox.take({ ...ME, ...LEASE, max: 1 });
      expect(first).toEqual([{ ...item('a'), tries: 1, sentAt: null, createdAt: NOON }]);
      expect((await outbox.take({ ...ME, ...LEASE, max: 5 })).map((one) => one.key)).toEqual(['b']);
      expect(await outbox.sending('a', { ...ME, now: after(3) })).toEqual({ held: true });
      expect(await outbox.sending('a', { holder: 'somebody else', now: after(4) })).toEqual({ held: false });
      await outbox.settle('b', { ...ME, now: NOON, externalId: '77', note: 'sent' });
      await outbox.retryLater('a', { ...ME, now: NOON, at: after(5_000), error: 'GitHub answered 502' });
      expect(await outbox.take({ ...ME, now: after(4_999), leaseMs: 1_000, max: 5 })).toEqual([]);
      expect(await outbox.take({ ...ME, now: after(5_000), leaseMs: 1_000, max: 5 })).toMatchObject([
        { key: 'a', tries: 2, sentAt: after(3) },
      ]);
      expect(await outbox.nextDueAt(NOON)).toEqual(after(6_000));
      await outbox.settle('a', { ...ME, now: NOON, externalId: null, note: 'sent' });
      expect(await outbox.nextDueAt(NOON)).toBeNull();
      expect(await outbox.take({ ...ME, now: after(60_000), leaseMs: 1_000, max: 5 })).toEqual([]);
    });
  });

  describe('a message in progress', () => {
    const harness = withStores(open);

    it('is taken back when its holder died, and what the dead one writes later is refused', async () => {
      const { outbox } = harness.stores;
      const reply = { kind: 'reply' as const, body: 'here' };
      const place = {
        repository: { id: 1, owner: 'acme', name: 'one' },
        thread: { number: 4, kind: 'issue' as const },
      };
      await outbox.add([{ key: 'a', installationId: 3, ...place, message: reply }], NOON);
      await outbox.take({ ...ME, ...LEASE, max: 1 });
      expect(await outbox.takeBack({ ...OTHER, now: NOON })).toBe(0);
      expect(await outbox.extend('a', { ...OTHER, now: NOON, leaseMs: 1_000 })).toEqual({ held: false });
      expect(await outbox.extend('a', { ...ME, now: after(500), leaseMs: 1_000 })).toEqual({ held: true });
      expect(await outbox.nextDueAt(NOON)).toEqual(after(1_500));
      expect(await outbox.takeBack({ ...ME, now: after(1) })).toBe(1);
      expect(await outbox.settle('a', { ...ME, now: NOON, externalId: null, note: 'sent' })).toEqual({ held: false });
      expect(await outbox.take({ ...OTHER, now: after(1), leaseMs: 1_000, max: 5 })).toMatchObject([{ key: 'a' }]);
      expect(await outbox.retryLater('a', { ...ME, now: NOON, at: NOON, error: 'late' })).toEqual({ held: false });
      expect(await outbox.settle('a', { ...OTHER, now: NOON, externalId: null, note: 'sent' })).toEqual({ held: true });
    });
  });

  describe('reports', () => {
    const harness = withStores(open);

    it('are due for what is new, what ended first, and to one reporter at a time', async () => {
      const { reports } = harness.stores;
      const { task } = await harness.running();
      const waiting = await harness.admit();
      await harness.stores.tasks.move({
        fence: { taskId: task.id, epoch: 1, leaseNumber: 1 },
        to: 'FAILED',
        now: NOON,
        event: { kind: 'task.ended', data: {} },
      });
      const taken = await reports.takeDirty({ ...ME, ...LEASE, max: 2 });
      expect(taken.map((one) => one.id)).toEqual([task.id, waiting.id]);
      expect((await reports.takeDirty({ ...ME, ...LEASE, max: 5 })).map((one) => one.id)).not.toContain(task.id);
    });

    it('are settled up to a revision, and looked at again when asked to', async () => {
      const { reports } = harness.stores;
      const task = await harness.admit();
      expect(await reports.nextDueAt(NOON)).toEqual(NOON);
      await reports.takeDirty({ ...ME, ...LEASE, max: 5 });
      expect(await reports.nextDueAt(NOON)).toEqual(after(1_000));
      await harness.claim();
      await reports.settle(task.id, { ...ME, now: NOON, revision: task.revision, lookAgainAt: null });
      expect(await reports.takeDirty({ ...ME, ...LEASE, max: 5 })).toHaveLength(1);
      await reports.settle(task.id, { ...ME, now: NOON, revision: task.revision + 1, lookAgainAt: after(9_000) });
      expect(await reports.nextDueAt(NOON)).toEqual(after(9_000));
      expect(await reports.takeDirty({ ...ME, now: after(8_999), leaseMs: 1_000, max: 5 })).toEqual([]);
      expect(await reports.takeDirty({ ...ME, now: after(9_000), leaseMs: 1_000, max: 5 })).toHaveLength(1);
      await reports.retryLater(task.id, { ...ME, now: NOON, at: after(20_000) });
      expect(await reports.nextDueAt(NOON)).toEqual(after(20_000));
      expect(await reports.takeDirty({ ...ME, now: after(19_999), leaseMs: 1_000, max: 5 })).toEqual([]);
      expect(await reports.takeDirty({ ...ME, now: after(20_000), leaseMs: 1_000, max: 5 })).toHaveLength(1);
      await reports.settle(task.id, { ...ME, now: NOON, revision: task.revision + 1, lookAgainAt: null });
      expect(await reports.nextDueAt(NOON)).toBeNull();
    });

    it('in progress stay hidden while they are renewed, and nobody else writes about them', async () => {
      const { reports } = harness.stores;
      const task = await harness.admit();
      const shown = { now: NOON, revision: task.revision, lookAgainAt: null };
      await reports.takeDirty({ ...ME, ...LEASE, max: 1 });
      const mine = { taskIds: [task.id], now: after(9_000), leaseMs: 1_000 };
      expect(await reports.renewHolds({ ...OTHER, ...mine })).toEqual([]);
      expect(await reports.nextDueAt(NOON)).toEqual(after(1_000));
      expect(await reports.renewHolds({ ...ME, ...mine, now: after(500) })).toEqual([task.id]);
      expect(await reports.takeDirty({ ...OTHER, now: after(1_499), leaseMs: 1_000, max: 1 })).toEqual([]);
      expect(await reports.settle(task.id, { ...OTHER, ...shown })).toEqual({ held: false });
      expect(await reports.retryLater(task.id, { ...OTHER, now: NOON, at: NOON })).toEqual({ held: false });
      expect(await reports.takeDirty({ ...OTHER, now: after(1_500), leaseMs: 1_000, max: 1 })).toHaveLength(1);
      expect(await reports.settle(task.id, { ...ME, ...shown })).toEqual({ held: false });
      expect(await reports.settle(task.id, { ...OTHER, ...shown })).toEqual({ held: true });
    });

    it('know the status comment that came before on the same thread', async () => {
      const { reports, tasks } = harness.stores;
      const on = async (number: number, externalId: string | null) => {
        const task = await harness.admit({ number });
        await reports.takeDirty({ ...ME, ...LEASE, max: 9 });
        const state = { taskId: task.id, reporter: 'comment' as const, deliveredHash: 'aa', deliveredAt: NOON };
        await reports.save({ ...state, externalId }, { ...ME, now: NOON });
        const stop = { kind: 'cancel' as const, by: task.requestedBy, at: NOON };
        await tasks.requestStop({ taskId: task.id, stop, now: NOON });
        return task;
      };
      const first = await on(1, '51+');
      await on(2, '52');
      const unwanted = await on(1, 'unwanted');
      const last = await on(1, '54');
      expect(await reports.findEarlierComment(first)).toBeNull();
      expect(await reports.findEarlierComment(unwanted)).toEqual({ taskId: first.id, commentId: 51 });
      expect(await reports.findEarlierComment(last)).toEqual({ taskId: first.id, commentId: 51 });
    });

    it('are shown once more when somebody may have written over them', async () => {
      const { reports } = harness.stores;
      const task = await harness.admit();
      await reports.takeDirty({ ...ME, ...LEASE, max: 1 });
      const state = { taskId: task.id, reporter: 'comment' as const, externalId: '5', deliveredAt: NOON };
      await reports.save({ ...state, deliveredHash: 'aa' }, { ...ME, now: NOON });
      await reports.settle(task.id, { ...ME, now: NOON, revision: task.revision, lookAgainAt: null });
      await reports.showAgain(task.id, after(7));
      expect(await reports.find(task.id, 'comment', NOON)).toEqual({ ...state, deliveredHash: null });
      expect(await reports.nextDueAt(NOON)).toEqual(after(7));
    });

    it('are looked at again when what they show changed outside', async () => {
      const { reports } = harness.stores;
      const task = await harness.admit();
      await reports.takeDirty({ ...ME, ...LEASE, max: 1 });
      const state = { taskId: task.id, reporter: 'comment' as const, externalId: '5', deliveredAt: NOON };
      await reports.save({ ...state, deliveredHash: 'aa' }, { ...ME, now: NOON });
      await reports.settle(task.id, { ...ME, now: NOON, revision: task.revision, lookAgainAt: after(9_000) });
      await reports.lookAgain(task.id, after(7));
      expect(await reports.find(task.id, 'comment', NOON)).toEqual({ ...state, deliveredHash: 'aa' });
      expect(await reports.nextDueAt(NOON)).toEqual(after(7));
      expect(await reports.takeDirty({ ...ME, now: after(7), leaseMs: 1_000, max: 1 })).toHaveLength(1);
      // Once more while they are being shown: what was read for that may be older.
      await reports.lookAgain(task.id, after(8));
      await reports.settle(task.id, { ...ME, now: NOON, revision: task.revision, lookAgainAt: after(9_000) });
      expect(await reports.nextDueAt(NOON)).toEqual(after(7));
      await reports.takeDirty({ ...ME, now: after(8), leaseMs: 1_000, max: 1 });
      await reports.settle(task.id, { ...ME, now: NOON, revision: task.revision, lookAgainAt: null });
      expect(await reports.nextDueAt(NOON)).toBeNull();
    });

    it('are taken back when their reporter died, but not what it put off', async () => {
      const { reports } = harness.stores;
      const [held, later] = [await harness.admit(), await harness.admit()];
      await reports.takeDirty({ ...ME, ...LEASE, max: 2 });
      await reports.retryLater(later.id, { ...ME, now: NOON, at: after(60_000) });
      expect(await reports.takeBack('other')).toBe(0);
      expect(await reports.takeBack('me')).toBe(1);
      const taken = await reports.takeDirty({ ...OTHER, ...LEASE, max: 5 });
      expect(taken.map((one) => one.id)).toEqual([held.id]);
    });

    it('remember what each reporter delivered', async () => {
      const { reports } = harness.stores;
      const task = await harness.admit();
      expect(await reports.find(task.id, 'comment', NOON)).toBeNull();
      const state = {
        taskId: task.id,
        reporter: 'comment' as const,
        externalId: '5',
        deliveredHash: 'aa',
        deliveredAt: NOON,
      };
      expect(await reports.save(state, { ...ME, now: NOON })).toEqual({ held: false });
      await reports.takeDirty({ ...ME, ...LEASE, max: 1 });
      expect(await reports.save(state, { ...ME, now: NOON })).toEqual({ held: true });
      await reports.save({ ...state, deliveredHash: 'bb' }, { ...ME, now: NOON });
      expect(await reports.find(task.id, 'comment', NOON)).toEqual({ ...state, deliveredHash: 'bb' });
      expect(await reports.find(task.id, 'check_run', NOON)).toBeNull();
    });
  });

  describe('keys', () => {
    const harness = withStores(open);

    it('are made once and stay the same', async () => {
      const { keys } = harness.stores;
      const made = await Promise.all(Array.from({ length: 8 }, () => keys.get('comment-marker')));
      expect(made[0]).toHaveLength(32);
      expect(new Set(made.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    });

    it('keep small facts', async () => {
      const { keys } = harness.stores;
      expect(await keys.read('sweep')).toBeNull();
      await keys.write('sweep', '1');
      await keys.write('sweep', '2');
      expect(await keys.read('sweep')).toBe('2');
    });
  });
}
