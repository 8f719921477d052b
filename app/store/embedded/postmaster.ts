import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { commandOf, isAlive } from '../lock/process-facts.ts';

/** What `postmaster.pid` in a data directory holds about the server that uses it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly socketDirectory: string;
  readonly status: 'starting' | 'ready' | 'stopping' | 'unknown';
}

const LOOK_AGAIN_MS = 10;

export function readPostmaster(dataDirectory: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(pidFile(dataDirectory), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) {
    return null;
  }
  const status = lines[7]?.trim();
  const known = status === 'starting' || status === 'ready' || status === 'stopping';
  return { pid, port: Number(lines[3]), socketDirectory: lines[4] ?? '', status: known ? status : 'unknown' };
}

/** Whether that process is alive and a PostgreSQL server of this data directory, not another that got the same id. */
export function isServing(postmaster: Postmaster, dataDirectory: string): boolean {
  if (!isAlive(postmaster.pid)) {
    return false;
  }
  const command = commandOf(postmaster.pid);
  return command === null || (command.includes('postgres') && command.includes(dataDirectory));
}

/** Waits until the server takes connections; throws the sentence of `explainExit` when it ends instead. */
export async function waitUntilReady(options: {
  dataDirectory: string;
  pid: number;
  timeoutMs: number;
  hasEnded: () => boolean;
  explainExit: () => Error;
}): Promise<Postmaster> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const postmaster = readPostmaster(options.dataDirectory);
    if (postmaster?.pid === options.pid && postmaster.status === 'ready') {
      return postmaster;
    }
    if (options.hasEnded() || performance.now() > deadline) {
      throw options.explainExit();
    }
    await wait(LOOK_AGAIN_MS);
  }
}

const ASKING_MS = 20_000;
const INSISTING_MS = 5_000;

/**
 * Ends the server: first a fast shutdown (sessions are cut, everything is written), then an immediate one, which costs
 * a recovery at the next start but no commit.
 */
export async function stopPostmaster(pid: number): Promise<void> {
  const steps: readonly [NodeJS.Signals, number][] = [
    ['SIGINT', ASKING_MS],
    ['SIGQUIT', INSISTING_MS],
    ['SIGKILL', INSISTING_MS],
  ];
  for (const [signal, patienceMs] of steps) {
    sendSignal(pid, signal);
    if (await hasEndedWithin(pid, patienceMs)) {
      return;
    }
  }
  throw new Error(`The embedded database (process ${pid}) does not stop. Stop it manually before the next start.`);
}

export async function hasEndedWithin(pid: number, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) {
      return false;
    }
    await wait(LOOK_AGAIN_MS);
  }
  return true;
}

export function removePidFile(dataDirectory: string): void {
  rmSync(pidFile(dataDirectory), { force: true });
}

function pidFile(dataDirectory: string): string {
  return join(dataDirectory, 'postmaster.pid');
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
}
