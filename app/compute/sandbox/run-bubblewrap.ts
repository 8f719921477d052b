import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

const TIMEOUT_MS = 10_000;

/** Runs bubblewrap to its end, for what is short and our own. `bwrapOptions` go over a descriptor. */
export async function runBubblewrap(
  program: string,
  args: readonly string[],
  bwrapOptions: readonly string[] = [],
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(program, args, {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  (child.stdio[3] as Readable).resume();
  const pipe = child.stdio[4] as Writable;
  pipe.on('error', () => pipe.destroy());
  pipe.end(bwrapOptions.map((option) => `${option}\0`).join(''));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, output: error.message }));
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
