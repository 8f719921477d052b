import type { InboxStore } from '../stores.ts';
import type { InboxRecord, MemoryState } from './memory-state.ts';

const NOTHING = new Uint8Array();

export function createMemoryInbox(state: MemoryState): InboxStore {
  const { inbox } = state;

  function inOrder(): InboxRecord[] {
    return [...inbox.values()].toSorted(
      ({ delivery: a }, { delivery: b }) => a.receivedAt.getTime() - b.receivedAt.getTime() || (a.id < b.id ? -1 : 1),
    );
  }

  return {
    record: async (delivery) => {
      if (inbox.has(delivery.id)) {
        return { recorded: false };
      }
      inbox.set(delivery.id, { delivery: { ...delivery, takes: 0 }, state: 'new', hiddenUntil: null, note: null });
      state.notify({ kind: 'inbox', id: '*' });
      return { recorded: true };
    },
    take: async ({ max, now, leaseMs }) => {
      const hiddenUntil = new Date(now.getTime() + leaseMs);
      const due = inOrder()
        .filter((record) => record.state === 'new' && (record.hiddenUntil === null || record.hiddenUntil <= now))
        .slice(0, max);
      return due.map((record) => {
        const delivery = { ...record.delivery, takes: record.delivery.takes + 1 };
        inbox.set(delivery.id, { ...record, delivery, hiddenUntil });
        return delivery;
      });
    },
    settle: async (id, { note }) => {
      const record = inbox.get(id);
      if (record !== undefined) {
        inbox.set(id, { ...record, state: 'settled', note, delivery: { ...record.delivery, body: NOTHING } });
      }
    },
    defer: async (id, { until, note }) => {
      const record = inbox.get(id);
      if (record?.state === 'new') {
        const delivery = { ...record.delivery, takes: Math.max(0, record.delivery.takes - 1) };
        inbox.set(id, { ...record, delivery, hiddenUntil: until, note });
      }
    },
    park: async (id, { error }) => {
      const record = inbox.get(id);
      if (record?.state === 'new') {
        inbox.set(id, { ...record, state: 'parked', note: error });
      }
    },
    list: async ({ state: wanted, limit }) =>
      inOrder()
        .toReversed()
        .filter((record) => wanted === null || record.state === wanted)
        .slice(0, limit)
        .map(({ delivery: { id, event, takes, receivedAt }, state: is, note }) => ({
          id,
          event,
          state: is,
          takes,
          receivedAt,
          note,
        })),
    unpark: async ({ id, max }) => {
      const parked = inOrder().filter(
        (record) => record.state === 'parked' && (id ?? record.delivery.id) === record.delivery.id,
      );
      const unparked = parked.slice(0, max).map((record) => {
        const delivery = { ...record.delivery, takes: 0 };
        inbox.set(delivery.id, { ...record, delivery, state: 'new', hiddenUntil: null });
        return delivery.id;
      });
      if (unparked.length > 0) {
        state.notify({ kind: 'inbox', id: '*' });
      }
      return unparked;
    },
    known: async (ids) => new Set(ids.filter((id) => inbox.has(id))),
    prune: async ({ before, max }) => {
      const old = inOrder()
        .filter((record) => record.state === 'settled' && record.delivery.receivedAt < before)
        .slice(0, max);
      old.forEach((record) => inbox.delete(record.delivery.id));
      return old.length;
    },
    oldestUnrouted: async () => inOrder().find((record) => record.state === 'new')?.delivery.receivedAt ?? null,
    nextDueAt: async () => {
      const times = [...inbox.values()].flatMap(({ state: at, hiddenUntil }) =>
        at === 'new' && hiddenUntil !== null ? [hiddenUntil.getTime()] : [],
      );
      return times.length === 0 ? null : new Date(Math.min(...times));
    },
    claimCommand: async ({ key, deliveryId }) => {
      const owner = state.commands.get(key) ?? deliveryId;
      state.commands.set(key, owner);
      return { mine: owner === deliveryId };
    },
    claimers: async (keys) => keys.flatMap((key) => state.commands.get(key) ?? []),
  };
}
