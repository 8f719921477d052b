import type { NewOutboxItem, OutboxStore } from '../stores.ts';
import { copyJson } from '../rules/to-json.ts';
import type { MemoryState } from './memory-state.ts';

export function createMemoryOutbox(state: MemoryState): OutboxStore {
  return {
    add: async (items, now) => addToOutbox(state, items, now),
    take: async ({ max, now, leaseMs }) => {
      const dueAt = new Date(now.getTime() + leaseMs);
      const due = [...state.outbox.values()]
        .filter((record) => !record.settled && record.dueAt <= now)
        .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || a.seq - b.seq)
        .slice(0, max)
        .toSorted((a, b) => a.seq - b.seq);
      return due.map((record) => {
        const item = { ...record.item, tries: record.item.tries + 1 };
        state.outbox.set(item.key, { ...record, item, dueAt });
        return item;
      });
    },
    settle: async (key) => {
      const record = state.outbox.get(key);
      if (record !== undefined) {
        state.outbox.set(key, { ...record, settled: true });
      }
    },
    retryLater: async (key, { at }) => {
      const record = state.outbox.get(key);
      if (record !== undefined) {
        state.outbox.set(key, { ...record, dueAt: at });
      }
    },
  };
}

export function addToOutbox(state: MemoryState, items: readonly NewOutboxItem[], now: Date): void {
  for (const item of items) {
    if (!state.outbox.has(item.key)) {
      const kept = { ...copyJson(item), tries: 0, createdAt: now };
      state.outbox.set(item.key, { item: kept, seq: state.next.outbox, dueAt: now, settled: false });
      state.next.outbox += 1;
      state.notify({ kind: 'report', id: item.key });
    }
  }
}
