import { memoryOfMachine, SHARE_OF_MACHINE } from './control-groups.ts';
import { descendantsOf, readProcessTable } from './process-table.ts';
import { fileSystemBytesAt, sessionMemoryBytes } from './session-memory.ts';

export interface WatchedSession {
  readonly pid: number;
  readonly limits: { readonly memoryBytes: number; readonly processes: number };
  /** Where the kernel counts, how much it counted. */
  readonly memoryBytes: (() => number | null) | null;
  /** The work directory, when it lies in memory: it has a size of its own. */
  readonly workInMemory: string | null;
  readonly exceed: (what: 'memory' | 'processes') => void;
}

const EVERY_MS = 500;
const watched = new Set<WatchedSession>();
let timer: NodeJS.Timeout | null = null;

/**
 * Watches the memory and the number of processes of whole sessions, twice a second, in one sweep over `/proc`. Where there
 * are control groups the kernel limits both as well; the watch then says in time, and by name, what was too much. Where
 * there are none it is the only limit: for each session, and for all together, of which the largest is ended when the
 * machine would run out. An address-space limit cannot do it: it counts what V8 reserves and never touches.
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
  const usage: { session: WatchedSession; bytes: number }[] = [];
  for (const session of watched) {
    const members = [...descendantsOf(session.pid, table)];
    const threads = members.reduce((sum, pid) => sum + (table.get(pid)?.threads ?? 0), 0);
    const bytes = memoryOf(session, members);
    usage.push({ session, bytes });
    // Threads count, as they do for the kernel's own limit; the sandbox and its init come on top
    if (threads > session.limits.processes + 8) {
      session.exceed('processes');
    } else if (bytes > session.limits.memoryBytes) {
      session.exceed('memory');
    }
  }
  const together = usage.reduce((sum, { bytes }) => sum + bytes, 0);
  if (together > memoryOfMachine() * SHARE_OF_MACHINE) {
    usage.reduce((most, one) => (one.bytes > most.bytes ? one : most)).session.exceed('memory');
  }
}

function memoryOf(session: WatchedSession, members: readonly number[]): number {
  const { workInMemory } = session;
  const counted = session.memoryBytes?.() ?? null;
  const inside = members.at(-1);
  if (counted === null || inside === undefined) {
    return sessionMemoryBytes(members, workInMemory);
  }
  return counted - (workInMemory === null ? 0 : fileSystemBytesAt(inside, workInMemory));
}
