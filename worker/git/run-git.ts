import { spawn } from 'node:child_process';
import { takeEnd } from '../../protocol/index.ts';

export interface GitRun {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Ends it; that is a failure like any other. */
  readonly signal?: AbortSignal;
}

export type GitResult =
  | { readonly ok: true; readonly stdout: string }
  | { readonly ok: false; readonly reason: string };

const MAX_OUTPUT = 32 * 1024 * 1024;
const TIMEOUT_MS = 10 * 60_000;

/** Runs git and gives back what it printed; a failure is a value with git's own last lines. */
export async function runGit(run: GitRun): Promise<GitResult> {
  const child = spawn('git', run.args, {
    cwd: run.cwd,
    env: run.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: run.timeoutMs ?? TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += stdout.length < MAX_OUTPUT ? text : '';
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = takeEnd(stderr + text, 4_000);
  });
  // git may end without having read it all; its exit tells
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(run.input ?? '');
  const onAbort = (): void => void child.kill('SIGKILL');
  run.signal?.addEventListener('abort', onAbort, { once: true });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, reason: `git could not be started: ${error.message}` }));
    child.once('close', (code, signal) => {
      run.signal?.removeEventListener('abort', onAbort);
      const words = stderr.trim() === '' ? `git ended with ${String(signal ?? code)}` : stderr.trim();
      resolve(code === 0 ? { ok: true, stdout } : { ok: false, reason: words });
    });
  });
}

/** The same, for steps that cannot continue without it. */
export async function git(run: GitRun): Promise<string> {
  const result = await runGit(run);
  if (!result.ok) {
    throw new Error(`git ${run.args.find((arg) => /^[a-z]/.test(arg)) ?? ''} failed: ${result.reason}`);
  }
  return result.stdout;
}
