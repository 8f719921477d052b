import { decideBlock, decideWriteLock, NEW_TURN_ROW, type WriteLockRow } from '../rules/decide-write-lock.ts';
import type { WriteLockNotice, WriteLocks } from '../../task/ports/write-locks.ts';

/** Write locks of one process, or of all processes of a simulation that share it. */
export function createMemoryWriteLocks(): WriteLocks {
  const rows = new Map<number, WriteLockRow>();
  const watchers: ((notice: WriteLockNotice) => void)[] = [];

  function rowOf(installationId: number): WriteLockRow {
    return rows.get(installationId) ?? NEW_TURN_ROW;
  }

  function tell(notice: WriteLockNotice): void {
    for (const watcher of watchers) {
      watcher(notice);
    }
  }

  function held({ holder, installationId, number }: { holder: string; installationId: number; number: number }) {
    const row = rowOf(installationId);
    return row.holder === holder && row.number === number ? row : null;
  }

  return {
    async take(ask) {
      const { installationId } = ask;
      const { freed, row, turn } = decideWriteLock(rowOf(installationId), ask);
      rows.set(installationId, row);
      if (freed) {
        tell({ kind: 'free', installationId });
      }
      return turn;
    },
    async extend({ leaseMs, now, ...turn }) {
      const row = held(turn);
      if (row !== null) {
        rows.set(turn.installationId, { ...row, leaseUntil: new Date(now.getTime() + leaseMs) });
      }
      return row !== null;
    },
    async release({ now, ...turn }) {
      const row = held(turn);
      if (row !== null) {
        rows.set(turn.installationId, { ...row, holder: null, leaseUntil: null });
        if (row.asked !== null && row.asked.until > now) {
          tell({ kind: 'free', installationId: turn.installationId });
        }
      }
    },
    async block(block) {
      const { installationId } = block;
      const row = rowOf(installationId);
      const state = decideBlock(row, block);
      rows.set(installationId, { ...row, ...state });
      tell({ kind: 'blocked', installationId });
      return state;
    },
    async calm({ installationId, now }) {
      const row = rowOf(installationId);
      if (row.strikes > 0 && (row.blockedUntil === null || row.blockedUntil <= now)) {
        rows.set(installationId, { ...row, strikes: 0 });
      }
    },
    async readBlock({ installationId }) {
      const { blockedUntil, strikes } = rowOf(installationId);
      return { blockedUntil, strikes };
    },
    watch(onNotice) {
      watchers.push(onNotice);
    },
  };
}
