import type { EnvironmentStore, KeptEnvironment } from '../environments.ts';
import { attemptKey, type MemoryState } from './memory-state.ts';

interface Entry {
  readonly kept: KeptEnvironment | null;
  readonly preparing: { readonly taskId: string; readonly epoch: number } | null;
  readonly usedAt: Date;
}

export function createMemoryEnvironments(state: MemoryState): EnvironmentStore {
  const entries = new Map<string, Entry>();

  function isUnderWay(preparing: Entry['preparing']): boolean {
    const task = state.tasks.get(preparing?.taskId ?? '')?.task;
    return task?.epoch === preparing?.epoch && (task?.state === 'HYDRATING' || task?.state === 'RUNNING');
  }

  function holds(entry: Entry | undefined, by: { taskId: string; epoch: number }): entry is Entry {
    return entry !== undefined && entry.preparing !== null && attemptKey(entry.preparing) === attemptKey(by);
  }

  return {
    async claim({ epoch, key, madeAfter, now, taskId }) {
      const entry = entries.get(key);
      const kept = entry?.kept ?? null;
      if (kept !== null && kept.madeAt > madeAfter) {
        entries.set(key, { ...(entry as Entry), usedAt: now });
        return { kind: 'kept', environment: kept };
      }
      const preparing = entry?.preparing ?? null;
      if (preparing !== null && !holds(entry, { taskId, epoch }) && isUnderWay(preparing)) {
        return { kind: 'waiting', taskId: preparing.taskId };
      }
      entries.set(key, { kept, preparing: { taskId, epoch }, usedAt: entry?.usedAt ?? now });
      return { kind: 'yours' };
    },
    async keep({ environment, epoch, now, taskId }) {
      if (!holds(entries.get(environment.key), { taskId, epoch })) {
        return { kept: false };
      }
      entries.set(environment.key, { kept: environment, preparing: null, usedAt: now });
      return { kept: true };
    },
    async release({ epoch, key, taskId }) {
      const entry = entries.get(key);
      if (!holds(entry, { taskId, epoch })) {
        return;
      }
      if (entry.kept === null) {
        entries.delete(key);
      } else {
        entries.set(key, { ...entry, preparing: null });
      }
    },
    async forget(key) {
      const entry = entries.get(key);
      if (entry !== undefined) {
        entries.set(key, { ...entry, kept: null });
      }
    },
    async list() {
      return [...entries.values()]
        .filter((entry): entry is Entry & { kept: KeptEnvironment } => entry.kept !== null)
        .toSorted((one, other) => one.usedAt.getTime() - other.usedAt.getTime())
        .map(({ kept }) => kept);
    },
  };
}
