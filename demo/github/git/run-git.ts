import { spawn } from 'node:child_process';

export interface GitResult {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** No configuration of the machine or the person reaches our repositories. */
export const GIT_ENVIRONMENT: Record<string, string> = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

/** Runs git and returns whatever it says; only a git that cannot be started throws. */
export function tryGit(dir: string, args: readonly string[], input?: Buffer | string): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['-C', dir, ...args], { env: GIT_ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => {
      // git ended before it read everything: its exit code tells the story.
    });
    child.on('error', (cause) =>
      reject(new Error('git could not be started: install git and put it on the PATH.', { cause })),
    );
    child.on('close', (code) => {
      resolve({ code: code ?? 1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') });
    });
    child.stdin.end(input);
  });
}

/** Runs git and returns its output as text without the last line break; throws when git fails. */
export async function runGit(dir: string, args: readonly string[], input?: Buffer | string): Promise<string> {
  const result = await tryGit(dir, args, input);
  if (result.code !== 0) {
    throw new Error(`git ${args.join(' ')} ended with ${result.code}: ${result.stderr.trim()}`);
  }
  return result.stdout.toString('utf8').replace(/\n$/, '');
}
