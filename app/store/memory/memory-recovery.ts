import type { JobLease, RecoveryStore, Watch } from '../recovery.ts';

interface Duty {
  readonly holder: string | null;
  readonly number: number;
  readonly leaseUntil: Date | null;
  readonly dueAt: Date;
  readonly cursor: string | null;
}

const NEVER_DONE: Duty = { holder: null, number: 0, leaseUntil: null, dueAt: new Date(0), cursor: null };

export function createMemoryRecovery(): RecoveryStore {
  const duties = new Map<string, Duty>();
  const watches = new Map<number, Watch>();

  function held({ holder, name, number }: JobLease): Duty | null {
    const duty = duties.get(name);
    return duty?.holder === holder && duty.number === number ? duty : null;
  }

  return {
    claimJob: async ({ early, holder, leaseMs, name, now }) => {
      const duty = duties.get(name) ?? NEVER_DONE;
      const isFree = duty.leaseUntil === null || duty.leaseUntil <= now;
      if (!isFree || (!early && duty.dueAt > now)) {
        return null;
      }
      const taken = { ...duty, holder, number: duty.number + 1, leaseUntil: new Date(now.getTime() + leaseMs) };
      duties.set(name, taken);
      return { number: taken.number, cursor: taken.cursor };
    },
    extendJob: async ({ leaseMs, now, ...ref }) => {
      const duty = held(ref);
      if (duty !== null) {
        duties.set(ref.name, { ...duty, leaseUntil: new Date(now.getTime() + leaseMs) });
      }
      return duty !== null;
    },
    finishJob: async ({ cursor, dueAt, ...ref }) => {
      const duty = held(ref);
      if (duty !== null) {
        duties.set(ref.name, { ...duty, holder: null, leaseUntil: null, dueAt, cursor: cursor ?? duty.cursor });
      }
      return duty !== null;
    },
    readWatches: async (repositoryIds) =>
      new Map(
        repositoryIds.flatMap((id) => {
          const watch = watches.get(id);
          return watch === undefined ? [] : [[id, watch] as const];
        }),
      ),
    writeWatch: async (repositoryId, watch) => {
      const known = watches.get(repositoryId);
      if (known === undefined || known.seenThrough <= watch.seenThrough) {
        watches.set(repositoryId, watch);
      }
    },
  };
}
