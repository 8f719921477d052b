import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { takeEnd } from '../../protocol/index.ts';

export interface ShellRun {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends the command: SIGTERM, then SIGKILL. */
  readonly signal: AbortSignal;
  /** Output as it comes, in pieces of whole lines where possible. */
  readonly onOutput: (text: string) => void;
}

export interface ShellEnding {
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** The end of what it printed, at most 8 KiB. */
  readonly outputTail: string;
  readonly ending: 'exited' | 'timeout' | 'stopped';
}

const TAIL_BYTES = 8 * 1024;
const KILL_AFTER_MS = 2_000;

/** Runs a shell command in a process group of its own, of which nothing is left afterwards but what made itself a daemon. */
export async function runShell(run: ShellRun): Promise<ShellEnding> {
  const startedAt = performance.now();
  if (run.signal.aborted) {
    return { exitCode: null, durationMs: 0, outputTail: '', ending: 'stopped' };
  }
  const child = spawn('/bin/sh', ['-c', run.command], {
    cwd: run.cwd,
    env: run.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      tail = takeEnd(tail + text, TAIL_BYTES);
      run.onOutput(text);
    });
  }
  let ending: ShellEnding['ending'] = 'exited';
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
      child.once('error', reject);
      child.once('exit', (code) => {
        // Whoever it left behind in its group goes with it, and lets go of the pipes
        signalGroup(child.pid, 'SIGKILL');
        setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), 200).unref();
        child.once('close', () => resolve(code));
      });
    });
    const durationMs = Math.round(performance.now() - startedAt);
    return { exitCode: ending === 'exited' ? exitCode : null, durationMs, outputTail: tail, ending };
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
