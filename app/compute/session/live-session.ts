import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { takeEnd } from '../../../protocol/index.ts';
import type { StartRequest } from '../compute.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { classifyExit } from './classify-exit.ts';
import type { ExitEvidence } from './classify-exit.ts';
import { killMembers, sendSignal } from './kill-members.ts';
import type { Membership } from './kill-members.ts';
import type { Launch } from './launch.ts';
import { createOutputTail } from './output-tail.ts';
import { namespacedIds, readProcess, readProcessTable } from './process-table.ts';
import type { ExitRecord } from './session-directory.ts';
import { watchDisk } from './watch-disk.ts';
import { watchLimits } from './watch-limits.ts';

/** A worker this process has started and can wait for. */
export interface LiveSession {
  readonly pid: number;
  readonly startTicks: string | null;
  /** Resolves once nothing of the session is left. */
  readonly ended: Promise<ExitRecord>;
  /** Asks the worker itself to come to an end. */
  readonly terminate: () => void;
  /** Ends the whole tree now. */
  readonly kill: () => Promise<void>;
}

export type Launched =
  | { readonly launched: true; readonly session: LiveSession }
  | { readonly launched: false; readonly output: string };

/** Why this side ended it; `engine`: it may have ended with what ran it. */
export type Killed = ExitEvidence['killed'];

const STREAMS_CLOSE_MS = 1_000;

/** Starts a program and looks after it until the last of its processes is gone. */
export async function startLiveSession(
  launch: Launch,
  given: { directory: string; limits: StartRequest['limits'] },
): Promise<Launched> {
  const input = launch.input === null ? null : await open(launch.input, 'r');
  const { command, args } = enterGroup(launch);
  const nothing = await open('/dev/null', 'r');
  const child = spawn(command, args, {
    cwd: launch.cwd,
    env: { ...launch.env },
    detached: true,
    stdio: [
      'ignore',
      'pipe',
      'pipe',
      launch.reportsStatus ? 'pipe' : 'ignore',
      launch.options === null ? 'ignore' : 'pipe',
      input?.fd ?? 'ignore',
      launch.filter === null ? 'ignore' : 'pipe',
      ...coverInherited(nothing.fd),
    ],
    ...(launch.owner === null ? {} : launch.owner),
  });
  const tail = createOutputTail(given.limits.outputBytes);
  tail.follow(child.stdout as Readable);
  tail.follow(child.stderr as Readable);
  try {
    await once(child, 'spawn');
  } catch (error) {
    return { launched: false, output: (error as Error).message };
  } finally {
    await input?.close();
    await nothing.close();
  }
  send(child, 4, launch.options?.map((option) => `${option}\0`).join('') ?? null);
  send(child, 6, launch.filter);
  const pid = child.pid as number;
  const startTicks = readProcess(pid)?.startTicks ?? null;
  const membership: Membership = { leader: { pid, startTicks }, ownChild: true, directory: given.directory };
  const exited = waitForExit(child);
  let killed: Killed = null;

  const innerPid = launch.reportsStatus ? await readInnerPid(child, exited) : null;
  if (launch.reportsStatus && innerPid === null) {
    await exited;
    await launch.group?.remove();
    await streamsClosed(child);
    return { launched: false, output: tail.read() };
  }
  const unwatch = watchLimits({
    pid,
    limits: given.limits,
    memoryBytes: launch.group?.memoryBytes ?? null,
    workInMemory: launch.workInMemory,
    exceed: (what) => {
      killed ??= what;
      void killTree().catch(() => unwatch());
    },
  });
  const leaveDisk =
    launch.diskDirectory === null
      ? null
      : watchDisk({
          directory: launch.diskDirectory,
          maxBytes: given.limits.diskBytes,
          exceed: () => {
            killed ??= 'disk';
            void killTree().catch(() => leaveDisk?.());
          },
        });
  const ended = exited.then(async ({ exitCode, signal }) => {
    unwatch();
    leaveDisk?.();
    await killMembers(membership);
    await launch.group?.remove();
    await streamsClosed(child);
    return classifyExit({
      exitCode,
      signal,
      killed,
      signalInExitCode: launch.reportsStatus,
      outputTail: describeLimit(killed, given.limits) + tail.read(),
    });
  });
  // Whoever waits for the end sees the failure; nobody has to
  ended.catch(() => undefined);
  return {
    launched: true,
    session: {
      pid,
      startTicks,
      ended,
      terminate: () => {
        killed ??= 'stop';
        sendSignal(innerPid === null ? pid : findWorker(innerPid), 'SIGTERM');
      },
      kill: async () => {
        killed ??= 'stop';
        await killTree();
      },
    },
  };

  async function killTree(): Promise<void> {
    if (innerPid !== null) {
      // The first process of a pid namespace takes all others with it, whatever they do
      sendSignal(innerPid, 'SIGKILL');
    }
    await killMembers(membership);
  }
}

/** The first descriptors are the launcher's own; what this process was given beyond them is covered, or a worker had it. */
const OWN_DESCRIPTORS = 7;

function coverInherited(nothing: number): ('ignore' | number)[] {
  const inherited = inheritedDescriptors(OWN_DESCRIPTORS);
  const last = inherited.at(-1) ?? OWN_DESCRIPTORS - 1;
  return Array.from({ length: last + 1 - OWN_DESCRIPTORS }, (_, index) =>
    inherited.includes(index + OWN_DESCRIPTORS) ? nothing : 'ignore',
  );
}

/**
 * Before the launcher is what it is, and still with our rights: the first to be killed when memory runs out, in a way that
 * a process without rights cannot take back, and a member of its groups, so that nothing of it is ever outside.
 */
const ENTER =
  'echo 1000 2>/dev/null >/proc/self/oom_score_adj; while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs" || exit 71; shift; done; shift; exec "$@"';

function enterGroup(launch: Launch): { command: string; args: readonly string[] } {
  if (!launch.reportsStatus) {
    return launch;
  }
  const groups = launch.group?.directories ?? [];
  return { command: '/bin/sh', args: ['-c', ENTER, 'sh', ...groups, '--', launch.command, ...launch.args] };
}

function send(child: ChildProcess, descriptor: number, content: string | Buffer | null): void {
  if (content !== null) {
    const pipe = child.stdio[descriptor] as Writable;
    // A program that ended before it read them says why itself
    pipe.on('error', () => pipe.destroy());
    pipe.end(content);
  }
}

function waitForExit(child: ChildProcess): Promise<{ exitCode: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

/** The launcher's word that the sandbox stands, with the id of its first process; null when it ended instead. */
async function readInnerPid(child: ChildProcess, exited: Promise<unknown>): Promise<number | null> {
  const status = child.stdio[3] as Readable;
  let text = '';
  const told = new Promise<number>((resolve) => {
    status.on('data', (chunk: Buffer) => {
      text = takeEnd(text + chunk.toString('utf8'), 4_096);
      const match = /"child-pid":\s*(\d+)/.exec(text);
      if (match !== null) {
        resolve(Number(match[1]));
      }
    });
    status.on('error', () => status.destroy());
  });
  return Promise.race([told, exited.then(() => null)]);
}

/** Inside the sandbox the worker is process 2, under the first process that only waits. */
function findWorker(innerPid: number): number {
  for (const row of readProcessTable().values()) {
    if (row.parent === innerPid && namespacedIds(row.pid).at(-1) === 2) {
      return row.pid;
    }
  }
  return innerPid;
}

/** A process that got away with the pipe must not keep the end from being told. */
async function streamsClosed(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const open = streams.filter((stream) => !stream.closed);
  await Promise.race([
    Promise.all(open.map((stream) => once(stream, 'close'))),
    pause(STREAMS_CLOSE_MS, undefined, { ref: false }),
  ]);
  for (const stream of child.stdio) {
    stream?.destroy();
  }
}

/** First line of the output of a session that a limit ended. */
export function describeLimit(
  killed: Killed,
  limits: Pick<StartRequest['limits'], 'memoryBytes' | 'processes' | 'diskBytes'>,
): string {
  switch (killed) {
    case 'memory':
      return `[stopped: the worker used more than its ${limits.memoryBytes} bytes of memory]\n`;
    case 'disk':
      return `[stopped: the worker wrote more than its ${limits.diskBytes} bytes to disk]\n`;
    case 'processes':
      return `[stopped: the worker ran more than its ${limits.processes} processes]\n`;
    default:
      return '';
  }
}
