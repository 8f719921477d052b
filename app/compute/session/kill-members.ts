import { setTimeout as pause } from 'node:timers/promises';
import { descendantsOf, mentionsDirectory, readProcess, readProcessTable } from './process-table.ts';

/** How the processes of one session are told from all others. */
export interface Membership {
  /** The process that was started; `startTicks` tells it from a later one with the same id. */
  readonly leader: { readonly pid: number; readonly startTicks: string | null } | null;
  /** The leader was a child of this process until now, so its group is known to be its own even when it is gone. */
  readonly ownChild?: true;
  /** Directory that its environment or working directory names, which a daemon takes along. */
  readonly directory: string;
}

const ROUNDS = 400;
const PAUSE_MS = 5;

export function isLeaderAlive({ leader }: Membership): boolean {
  if (leader === null) {
    return false;
  }
  const row = readProcess(leader.pid);
  return row !== null && !row.zombie && (leader.startTicks === null || row.startTicks === leader.startTicks);
}

/**
 * Every living process of a session: what descends from its leader, shares its group or session, or carries the
 * session's directory with it (a daemon that forked twice does).
 */
export function findMembers(membership: Membership): number[] {
  const table = readProcessTable();
  const found = new Set<number>();
  const { leader } = membership;
  const seen = leader === null ? undefined : table.get(leader.pid);
  if (leader !== null && (seen === undefined ? membership.ownChild : seen.startTicks === leader.startTicks)) {
    for (const row of table.values()) {
      if (row.group === leader.pid || row.session === leader.pid) {
        addTree(row.pid);
      }
    }
    addTree(leader.pid);
  }
  for (const pid of table.keys()) {
    if (!found.has(pid) && pid !== process.pid && mentionsDirectory(pid, membership.directory)) {
      addTree(pid);
    }
  }
  found.delete(process.pid);
  return [...found].filter((pid) => table.get(pid)?.zombie === false);

  function addTree(pid: number): void {
    for (const member of descendantsOf(pid, table)) {
      found.add(member);
    }
  }
}

/**
 * Kills until nothing is left. Each round looks again, because what is being killed may fork; a stopped process cannot,
 * so everything is stopped before it is killed. Throws when something will not die (uninterruptible in the kernel).
 */
export async function killMembers(membership: Membership): Promise<void> {
  if (membership.leader !== null && isLeaderAlive(membership)) {
    sendSignal(-membership.leader.pid, 'SIGKILL');
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const members = findMembers(membership);
    if (members.length === 0) {
      return;
    }
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
      for (const pid of members) {
        sendSignal(pid, signal);
      }
    }
    await pause(PAUSE_MS);
  }
  throw new Error(`the processes of ${membership.directory} did not die`, { cause: findMembers(membership) });
}

/** False when there is nobody of that id to signal, or it belongs to another user. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
