import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { explainError } from './explain-error.ts';
import {
  checkDataVersion,
  hasData,
  identityOf,
  initializeData,
  serverEnvironment,
  writeAccessRules,
} from './initialize-data.ts';
import type { Binaries } from './programs/locate-binaries.ts';
import {
  hasEndedWithin,
  isServing,
  readPostmaster,
  removePidFile,
  sendSignal,
  stopPostmaster,
  waitUntilReady,
  type Postmaster,
} from './postmaster.ts';
import { makePrivate, type Home } from './prepare-home.ts';
import { providePrograms, removeOldPrograms } from './programs/provide-programs.ts';
import { logSize, readLogFrom } from './server-log.ts';
import { settingArguments } from './server-settings.ts';
import type { ServerUser } from './server-user.ts';

export interface ServerPlan {
  readonly home: Home;
  readonly user: ServerUser;
  readonly binaries: Binaries;
  readonly settings: Readonly<Record<string, string>>;
  readonly tell: (sentence: string) => void;
  /** Where clients look for it already; else a path is chosen. */
  readonly socketDirectory?: string;
}

export interface RunningServer {
  readonly postmaster: Postmaster;
  /** Whether it ran already. */
  readonly adopted: boolean;
}

/** The shortest limit of the systems we run on (macOS), its closing zero left out. */
const LONGEST_SOCKET_PATH_BYTES = 103;
const SOCKET_NAME = '.s.PGSQL.5432';
const STARTING_MS = 60_000;
const STOPPING_MS = 30_000;
/** Sessions of a killed server let go of its memory within a moment; a new one cannot start before. */
const STILL_IN_USE = /shared memory block .* is still in use/;
const TRIES_WHILE_IN_USE = 20;
const IN_USE_DELAY_MS = 100;

/**
 * Sees to it that a server runs on the data: adopts the one a killed Bosun left behind, or starts one, making the data
 * first where there is none. To be called under the data lock.
 */
export async function runServer(plan: ServerPlan): Promise<RunningServer> {
  const left = await findLeftServer(plan.home);
  if (left !== null) {
    checkDataVersion(plan.home, plan.binaries.major);
    writeAccessRules(plan.home);
    sendSignal(left.pid, 'SIGHUP');
    return { postmaster: left, adopted: true };
  }
  removePidFile(plan.home.data);
  const programs = providePrograms(plan.binaries, plan.home.directory, plan.user);
  removeOldPrograms(plan.home.directory, programs);
  if (!hasData(plan.home)) {
    plan.tell('Setting up the embedded database for the first time.');
    const durable = plan.settings['fsync'] !== 'off';
    await initializeData({ home: plan.home, user: plan.user, programs: programs.root, durable });
  }
  checkDataVersion(plan.home, plan.binaries.major);
  writeAccessRules(plan.home);
  const socketDirectory = makeSocketDirectory(plan);
  try {
    return { postmaster: await launch(plan, programs.root, socketDirectory), adopted: false };
  } catch (error) {
    if (plan.socketDirectory === undefined) {
      clearSocketPlace(plan.home, socketDirectory);
    }
    throw error;
  }
}

/**
 * Where the server's Unix socket goes: next to the data, or below the temporary directory where the path is too long.
 * No server runs on the data, so a socket that is there, with the process id in its lock, is one that was left.
 */
function makeSocketDirectory(plan: ServerPlan): string {
  const beside = join(plan.home.directory, 'run');
  const fits = Buffer.byteLength(join(beside, SOCKET_NAME)) <= LONGEST_SOCKET_PATH_BYTES;
  const directory = plan.socketDirectory ?? (fits ? beside : mkdtempSync(join(tmpdir(), 'bosun-')));
  makePrivate(directory, plan.user);
  rmSync(join(directory, SOCKET_NAME), { force: true });
  rmSync(join(directory, `${SOCKET_NAME}.lock`), { force: true });
  return directory;
}

/** Removes a socket directory that had to be made outside the home. */
export function clearSocketPlace(home: Home, socketDirectory: string): void {
  if (dirname(socketDirectory) === tmpdir() && socketDirectory !== join(home.directory, 'run')) {
    rmSync(socketDirectory, { recursive: true, force: true });
  }
}

async function findLeftServer(home: Home): Promise<Postmaster | null> {
  const found = readPostmaster(home.data);
  if (found === null || !isServing(found, home.data)) {
    return null;
  }
  if (found.status === 'stopping') {
    await hasEndedWithin(found.pid, STOPPING_MS);
    return findLeftServer(home);
  }
  const socket = join(found.socketDirectory, SOCKET_NAME);
  if (found.status === 'ready' && !existsSync(socket)) {
    // The temporary directory was cleaned: this server cannot be reached any more.
    await stopPostmaster(found.pid);
    return null;
  }
  return waitUntilReady({
    dataDirectory: home.data,
    pid: found.pid,
    timeoutMs: STARTING_MS,
    hasEnded: () => !isServing(found, home.data),
    explainExit: () => explainStart(home, 0),
  });
}

async function launch(plan: ServerPlan, programs: string, socketDirectory: string): Promise<Postmaster> {
  for (let tries = 1; ; tries += 1) {
    const from = logSize(plan.home.log);
    try {
      return await launchOnce(plan, { programs, socketDirectory, from });
    } catch (error) {
      if (tries >= TRIES_WHILE_IN_USE || !STILL_IN_USE.test(String(error))) {
        throw error;
      }
      await wait(IN_USE_DELAY_MS);
    }
  }
}

async function launchOnce(
  plan: ServerPlan,
  at: { programs: string; socketDirectory: string; from: number },
): Promise<Postmaster> {
  const { home, user, settings } = plan;
  const output = openSync(home.log, 'a', 0o600);
  const child = spawn(
    join(at.programs, 'bin', 'postgres'),
    ['-D', home.data, ...settingArguments({ ...settings, unix_socket_directories: quoteListItem(at.socketDirectory) })],
    {
      cwd: home.directory,
      env: serverEnvironment(),
      // A session of its own: Ctrl-C in the terminal reaches Bosun, which then stops the server when it is done.
      detached: true,
      stdio: ['ignore', output, output],
      ...identityOf(user),
    },
  );
  closeSync(output);
  const state: { spawnError: Error | null; ended: boolean } = { spawnError: null, ended: false };
  child.once('error', (error) => {
    state.spawnError = error;
    state.ended = true;
  });
  child.once('exit', () => {
    state.ended = true;
  });
  child.unref();
  const pid = child.pid ?? -1;
  try {
    return await waitUntilReady({
      dataDirectory: home.data,
      pid,
      timeoutMs: STARTING_MS,
      hasEnded: () => state.ended,
      explainExit: () => state.spawnError ?? explainStart(home, at.from),
    });
  } catch (error) {
    if (!state.ended) {
      await stopPostmaster(pid);
    }
    throw error;
  }
}

function explainStart(home: Home, from: number): Error {
  return explainError('The embedded database could not be started', readLogFrom(home.log, from), home.directory);
}

/** The setting is a list; a directory with a comma or a space in its name needs quotes. */
function quoteListItem(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}
