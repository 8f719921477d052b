import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** One process as `/proc` shows it. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly threads: number;
  readonly startTicks: string;
  readonly zombie: boolean;
}

/**
 * Every process of this machine, by id. Empty where there is no `/proc` (macOS): there only process groups can be
 * signalled. A process that ends while this reads is left out.
 */
export function readProcessTable(): Map<number, ProcessRow> {
  const table = new Map<number, ProcessRow>();
  for (const name of readNames('/proc')) {
    if (/^\d+$/.test(name)) {
      const row = readProcess(Number(name));
      if (row !== null) {
        table.set(row.pid, row);
      }
    }
  }
  return table;
}

/** Ids of the users that anything runs as. */
export function usersOfProcesses(): Set<number> {
  const users = new Set<number>();
  for (const name of readNames('/proc')) {
    if (/^\d+$/.test(name)) {
      const user = userOf(name);
      if (user !== null) {
        users.add(user);
      }
    }
  }
  return users;
}

/** The real user, which the kernel counts against; the owner of the directory is another where memory may not be read. */
function userOf(pid: string): number | null {
  const match = /^Uid:\s+(\d+)/m.exec(readOrNull(`/proc/${pid}/status`) ?? '');
  return match === null ? null : Number(match[1]);
}

export function readProcess(pid: number): ProcessRow | null {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) {
    return null;
  }
  // The name may hold spaces and brackets; the fields begin after the last bracket
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    threads: Number(fields[17]),
    startTicks: fields[19] ?? '0',
    zombie: fields[0] === 'Z' || fields[0] === 'X',
  };
}

/** `pid` and all that descends from it, as far as nobody was handed to another parent. */
export function descendantsOf(pid: number, table: ReadonlyMap<number, ProcessRow>): Set<number> {
  const children = new Map<number, number[]>();
  for (const row of table.values()) {
    const siblings = children.get(row.parent) ?? [];
    siblings.push(row.pid);
    children.set(row.parent, siblings);
  }
  const found = new Set<number>(table.has(pid) ? [pid] : []);
  for (const at of found) {
    for (const child of children.get(at) ?? []) {
      found.add(child);
    }
  }
  return found;
}

/** Whether a process works in a directory or was given it in its environment; false where it may not be asked. */
export function mentionsDirectory(pid: number, directory: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    if (cwd === directory || cwd.startsWith(`${directory}/`)) {
      return true;
    }
  } catch {
    // not ours to look at, or gone
  }
  return (readOrNull(`/proc/${pid}/environ`) ?? '').includes(`${directory}/`);
}

/** Process ids of one process in each of the pid namespaces it is in, outermost first. */
export function namespacedIds(pid: number): number[] {
  const line = /^NSpid:\s+(.*)$/m.exec(readOrNull(`/proc/${pid}/status`) ?? '');
  return (line?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
