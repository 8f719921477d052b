import type { Held, NewOutboxItem, OutboxStore } from '../stores.ts';
import { copyJson } from '../rules/to-json.ts';
import type { MemoryState, OutboxRecord } from './memory-state.ts';
import { earliest } from './tasks/find-in-memory.ts';

export function createMemoryOutbox(state: MemoryState): OutboxStore {
  function pending(): OutboxRecord[] {
    return [...state.outbox.values()].filter((record) => !record.settled);
  }

  function change(key: string, by: { holder: string; facts: Partial<OutboxRecord> }): Held {
    const record = state.outbox.get(key);
    const held = record !== undefined && !record.settled && record.holder === by.holder;
    if (held) {
      state.outbox.set(key, { ...record, ...by.facts, holder: null });
    }
    return { held };
  }

  return {
    add: async (items, now) => addToOutbox(state, items, now),
    take: async ({ holder, max, now, leaseMs }) => {
      const dueAt = new Date(now.getTime() + leaseMs);
      const due = pending()
        .filter((record) => record.dueAt <= now)
        .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || a.seq - b.seq)
        .slice(0, max)
        .toSorted((a, b) => a.seq - b.seq);
      return due.map((record) => {
        const item = { ...record.item, tries: record.item.tries + 1 };
        state.outbox.set(item.key, { ...record, item, dueAt, holder });
        return item;
      });
    },
    sending: async (key, { holder, now }) => {
      const record = state.outbox.get(key);
      const held = record !== undefined && !record.settled && record.holder === holder;
      if (held) {
        state.outbox.set(key, { ...record, item: { ...record.item, sentAt: now } });
      }
      return { held };
    },
    settle: async (key, { holder }) => change(key, { holder, facts: { settled: true } }),
    retryLater: async (key, { holder, at }) => change(key, { holder, facts: { dueAt: at } }),
    extend: async (key, { holder, now, leaseMs }) => {
      const record = state.outbox.get(key);
      const held = record !== undefined && !record.settled && record.holder === holder;
      if (held) {
        state.outbox.set(key, { ...record, dueAt: new Date(now.getTime() + leaseMs) });
      }
      return { held };
    },
    takeBack: async ({ holder, now }) => {
      const left = pending().filter((record) => record.holder === holder);
      left.forEach((record) => state.outbox.set(record.item.key, { ...record, dueAt: now, holder: null }));
      return left.length;
    },
    nextDueAt: async () => earliest(pending().map((record) => record.dueAt)),
  };
}

export function addToOutbox(state: MemoryState, items: readonly NewOutboxItem[], now: Date): void {
  for (const item of items) {
    if (!state.outbox.has(item.key)) {
      const kept = { ...copyJson(item), tries: 0, sentAt: null, createdAt: now };
      state.outbox.set(item.key, { item: kept, seq: state.next.outbox, dueAt: now, holder: null, settled: false });
      state.next.outbox += 1;
      state.notify({ kind: 'report', id: item.key });
    }
  }
}
