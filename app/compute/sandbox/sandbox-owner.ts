import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomInt, randomUUID } from 'node:crypto';
import path from 'node:path';
import { readProcess, usersOfProcesses } from '../session/process-table.ts';
import type { Owner } from '../session/launch.ts';

/** Above the ranges that systems give to people, services, dynamic users and containers; below 2^31. */
const FIRST_UID = 1_900_000_000;
const UIDS = 200_000_000;
const MAX_TRIES = 100;

/** One place for all Bosuns of a machine; only root, who alone gives users away, can write there. */
const RESERVATIONS = '/run/bosun-users';

/** A user that is nobody else's on this machine until it is released. */
export interface Reservation {
  readonly owner: Owner;
  readonly release: () => void;
}

/**
 * Reserves a user of its own for a sandbox, so that limits and what the kernel keeps for each user (processes, keyrings,
 * messages) hold for that sandbox alone. Several processes of this machine may ask at the same time: a user is taken by a
 * file that only one of them can make, and never twice in a row, because it is drawn from many. Synchronous, so that
 * nothing in this process can come between. What a process that died had reserved is free once nothing runs as it.
 */
export function reserveOwner(directory = RESERVATIONS): Reservation {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const busy = usersOfProcesses();
  removeStale(directory, busy);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const uid = FIRST_UID + randomInt(UIDS);
    if (!busy.has(uid) && take(path.join(directory, String(uid)))) {
      return {
        owner: { uid, gid: uid },
        release: () => rmSync(path.join(directory, String(uid)), { force: true }),
      };
    }
  }
  throw new Error(`no user for a sandbox could be reserved in ${directory}`);
}

/** Appears with its content or not at all; false when somebody has it. */
function take(file: string): boolean {
  const whole = `${file}.${randomUUID()}`;
  writeFileSync(whole, holderOf(process.pid), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(whole, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}

/** A process, told from a later one of the same id by when it began. */
function holderOf(pid: number): string {
  return `${pid} ${readProcess(pid)?.startTicks ?? ''}`;
}

function removeStale(directory: string, busy: ReadonlySet<number>): void {
  for (const name of readdirSync(directory)) {
    const file = path.join(directory, name);
    // Others are being written, by whoever is about to take one
    if (!/^\d+$/.test(name)) {
      continue;
    }
    const holder = readOrNull(file);
    if (holder !== null && !busy.has(Number.parseInt(name, 10)) && holder !== holderOf(Number.parseInt(holder, 10))) {
      rmSync(file, { force: true });
    }
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
