import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { gitEnvironment, type GitEnvironmentOptions } from './git-environment.ts';

export interface GitCommand extends GitEnvironmentOptions {
  /** Arguments as they are; no shell sees them. */
  readonly args: readonly string[];
  /** Repository to work in. Only repositories of our own making: git runs what a foreign configuration says. */
  readonly gitDir?: string;
}

export interface GitRun extends GitCommand {
  readonly input?: Uint8Array | string;
  /** 60 s by default. */
  readonly timeoutMs?: number;
  /** 16 MiB by default; a run that prints more is killed. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
  /** Values that must not appear in what the run reports. */
  readonly secrets?: readonly string[];
}

/** Why a run of git gave no result. `stderr` is its end, redacted. */
export interface GitProblem {
  readonly kind: 'exit' | 'timeout' | 'aborted' | 'output_limit' | 'not_started';
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export type GitRunResult =
  | { readonly ok: true; readonly stdout: Buffer; readonly stderr: string }
  | { readonly ok: false; readonly problem: GitProblem };

const STDERR_TAIL_BYTES = 8 * 1024;
const KILL_GRACE_MS = 2_000;

/** Starts git with our environment and in a process group of its own, for callers that stream. */
export function spawnGit(command: GitCommand): ChildProcessWithoutNullStreams {
  const place = command.gitDir === undefined ? [] : [`--git-dir=${command.gitDir}`];
  return spawn('git', [...place, ...command.args], {
    cwd: command.gitDir ?? '/',
    env: gitEnvironment(command),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

/** Ends git and everything it started: politely, so that it clears its temporary files, then for good. */
export function killGit(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  signalGroup(child.pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), KILL_GRACE_MS);
  child.once('close', () => clearTimeout(timer));
}

/** Runs git to its end. Never throws for what git does. */
export function runGit(run: GitRun): Promise<GitRunResult> {
  if (run.signal?.aborted === true) {
    return Promise.resolve(failed({ kind: 'aborted', exitCode: null, stdout: Buffer.alloc(0), stderr: '' }));
  }
  return new Promise((resolve) => {
    const child = spawnGit(run);
    const stdout: Buffer[] = [];
    const stderr = createTail(STDERR_TAIL_BYTES);
    let outputBytes = 0;
    let cause: GitProblem['kind'] = 'exit';

    function stop(why: GitProblem['kind']): void {
      if (cause === 'exit') {
        cause = why;
        killGit(child);
      }
    }

    const timer = setTimeout(() => stop('timeout'), run.timeoutMs ?? 60_000);
    const onAbort = (): void => stop('aborted');
    run.signal?.addEventListener('abort', onAbort, { once: true });

    function settle(exitCode: number | null, said: string): void {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', onAbort);
      const result = { stdout: Buffer.concat(stdout), stderr: redact(said, run.secrets ?? []) };
      resolve(
        exitCode === 0 && cause === 'exit' ? { ok: true, ...result } : failed({ kind: cause, exitCode, ...result }),
      );
    }

    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > (run.maxOutputBytes ?? 16 * 1024 * 1024)) {
        stop('output_limit');
      } else {
        stdout.push(chunk);
      }
    });
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => {
      // git closed its input early; its exit code and stderr say why.
    });
    child.on('error', (error) => {
      cause = 'not_started';
      settle(null, `git could not be started: ${error.message}. Install git and put it in /usr/bin.`);
    });
    child.on('close', (exitCode) => settle(exitCode, stderr.text()));
    child.stdin.end(run.input ?? '');
  });
}

/** Runs git where failing means that something is broken; resolves with its output as text. Throws with git's words. */
export async function mustGit(run: GitRun): Promise<string> {
  const result = await runGit(run);
  if (!result.ok) {
    const { kind, exitCode, stderr } = result.problem;
    throw new Error(`git ${run.args[0]} ended with ${kind} ${exitCode ?? ''}: ${stderr.trim()}`);
  }
  return result.stdout.toString('utf8');
}

function failed(problem: GitProblem): GitRunResult {
  return { ok: false, problem };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, signal);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

function createTail(maxBytes: number): { push(chunk: Buffer): void; text(): string } {
  let kept: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      kept = Buffer.concat([kept, chunk]).subarray(-maxBytes);
    },
    text: () => kept.toString('utf8'),
  };
}

/** Removes known values, and credentials in URLs and headers, from what git printed. */
function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret !== '') {
      clean = clean
        .replaceAll(secret, '***')
        .replaceAll(Buffer.from(`x-access-token:${secret}`).toString('base64'), '***');
    }
  }
  return clean.replace(/(https?:\/\/)[^/\s@]*@/g, '$1***@').replace(/(authorization:\s*\w+\s+)\S+/gi, '$1***');
}
