import path from 'node:path';
import { acquireDataLock } from '../../store/lock/data-lock.ts';
import { ensureOwner } from './ensure-owner.ts';

/** The data directory as its one orchestrator holds it. */
export interface DataDirectoryLock {
  /** Its name in leases and holds. */
  readonly owner: string;
  release(): void;
}

/**
 * One orchestrator per data directory, because its sessions, repositories and leases are those of one. Throws a
 * sentence when another has it. `onLost` is notified when another took it although this one lives: it was suspended for
 * too long.
 */
export async function lockDataDirectory(dataDir: string, options: { onLost: () => void }): Promise<DataDirectoryLock> {
  const owner = await ensureOwner(dataDir);
  const lock = await acquireDataLock(path.join(dataDir, 'orchestrator.lock'), {
    onLost: options.onLost,
    describe: (holder) =>
      `Another orchestrator uses this data directory: process ${holder.pid} on ${holder.host}, since ${holder.since}. ` +
      'Stop it first, or give this one its own BOSUN_DATA_DIR and door. Any number of door and web processes may run.',
  });
  return { owner, release: () => lock.release() };
}
