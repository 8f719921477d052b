import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { takeEnd } from '../../protocol/index.ts';

export interface ProcessRun {
  /** The program, found on the search path of `env`, and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** What it reads from its standard input; without it there is none. */
  readonly input?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends the program: SIGTERM, then SIGKILL. */
  readonly signal: AbortSignal;
  /** Output as it comes. */
  readonly onOutput: (text: string, stream: 'stdout' | 'stderr') => void;
}

export interface ProcessEnding {
  /** 126 and 127 as a shell has them, where the program could not be started or found. */
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** The end of what it printed, at most 8 KiB. */
  readonly outputTail: string;
  readonly ending: 'exited' | 'timeout' | 'stopped';
}

const TAIL_BYTES = 8 * 1024;
const KILL_AFTER_MS = 2_000;
const NOT_FOUND = 127;
const NOT_STARTED = 126;

/** Runs a program in a process group of its own, of which nothing is left afterwards but what made itself a daemon. */
export async function runProcess(run: ProcessRun): Promise<ProcessEnding> {
  const startedAt = performance.now();
  if (run.signal.aborted) {
    return { exitCode: null, durationMs: 0, outputTail: '', ending: 'stopped' };
  }
  const [file, ...args] = run.argv;
  const child = spawn(file, args, { cwd: run.cwd, env: run.env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  // A program that does not read its input to the end breaks the pipe, which is its own business
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.input ?? '');
  let tail = '';
  let isCut = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      isCut ||= tail.length + text.length > TAIL_BYTES;
      tail = takeEnd(tail + text, TAIL_BYTES);
      run.onOutput(text, name);
    });
  }
  let ending: ProcessEnding['ending'] = 'exited';
  let killer: NodeJS.Timeout | null = null;
  function end(why: 'timeout' | 'stopped'): void {
    ending = why;
    signalGroup(child.pid, 'SIGTERM');
    killer ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS);
  }
  function onAbort(): void {
    end('stopped');
  }
  const timer = setTimeout(() => end('timeout'), run.timeoutMs);
  run.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (child.pid !== undefined) {
          reject(error);
          return;
        }
        tail = error.message;
        resolve(error.code === 'ENOENT' ? NOT_FOUND : NOT_STARTED);
      });
      child.once('exit', (code) => {
        // Whoever it left behind in its group goes with it, and lets go of the pipes
        signalGroup(child.pid, 'SIGKILL');
        setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), 200).unref();
        child.once('close', () => resolve(code));
      });
    });
    const durationMs = Math.round(performance.now() - startedAt);
    // The rest of a token that was cut would not be recognised as a secret.
    const outputTail = isCut ? tail.replace(/^\S{0,1024}\s/, '') : tail;
    return { exitCode: ending === 'exited' ? exitCode : null, durationMs, outputTail, ending };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer ?? undefined);
    run.signal.removeEventListener('abort', onAbort);
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, signal);
    }
  } catch {
    // Nobody of the group is left
  }
}
