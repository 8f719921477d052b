import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

const TIMEOUT_MS = 10_000;

/** Runs bubblewrap to its end, for what is short and our own. Its options and the filter for system calls go over descriptors. */
export async function runBubblewrap(
  program: string,
  args: readonly string[],
  over: { options: readonly string[]; filter: Buffer | null } = { options: [], filter: null },
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(program, args, {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'ignore', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  (child.stdio[3] as Readable).resume();
  for (const [descriptor, content] of [
    [4, over.options.map((option) => `${option}\0`).join('')],
    [6, over.filter ?? ''],
  ] as const) {
    const pipe = (child.stdio as readonly unknown[])[descriptor] as Writable;
    pipe.on('error', () => pipe.destroy());
    pipe.end(content);
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, output: error.message }));
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
