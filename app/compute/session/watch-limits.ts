import { descendantsOf, ownMemoryBytes, readProcessTable } from './process-table.ts';

export interface WatchedSession {
  readonly pid: number;
  readonly limits: { readonly memoryBytes: number; readonly processes: number };
  readonly exceed: (what: 'memory' | 'processes') => void;
}

const EVERY_MS = 500;
const watched = new Set<WatchedSession>();
let timer: NodeJS.Timeout | null = null;

/**
 * Watches the memory and the number of processes of whole sessions, twice a second, in one sweep over `/proc`.
 * Limits of the kernel cannot do it alone: an address-space limit counts what V8 reserves and never touches (each
 * thread of Node reserves over 500 MB), it holds for one process and not for the tree, and control groups are seldom delegated.
 * Returns a function that ends the watch.
 */
export function watchLimits(session: WatchedSession): () => void {
  watched.add(session);
  timer ??= setInterval(sweep, EVERY_MS).unref();
  return () => {
    watched.delete(session);
    if (watched.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

function sweep(): void {
  const table = readProcessTable();
  for (const session of watched) {
    const members = [...descendantsOf(session.pid, table)];
    const threads = members.reduce((sum, pid) => sum + (table.get(pid)?.threads ?? 0), 0);
    // Threads count, as they do for the kernel's own limit; the sandbox and its init come on top
    if (threads > session.limits.processes + 8) {
      session.exceed('processes');
    } else if (members.reduce((sum, pid) => sum + ownMemoryBytes(pid), 0) > session.limits.memoryBytes) {
      session.exceed('memory');
    }
  }
}
