import { spawn } from 'node:child_process';
import { getuid } from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { buildSandboxArguments } from './sandbox-arguments.ts';
import { explainFailure, findTools } from './sandbox-tools.ts';
import { ownerOfSlot } from './sandbox-owner.ts';

export type SandboxCheck =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

const TIMEOUT_MS = 10_000;

/** Makes a real sandbox, as a worker would get it, and runs `true` in it. For `bosun start` and `bosun doctor`. */
export async function checkSandbox(options: { bwrapPath?: string } = {}): Promise<SandboxCheck> {
  const found = await findTools(options.bwrapPath);
  if (!found.found) {
    return { ok: false, reason: found.reason, remedy: found.remedy };
  }
  const version = await run(found.tools.bwrap, ['--version']);
  if (version.exitCode !== 0) {
    return { ok: false, ...explainFailure(version.output) };
  }
  const { options: bwrapOptions, command } = buildSandboxArguments({
    tools: found.tools,
    owner: getuid?.() === 0 ? ownerOfSlot(0) : null,
    limits: { memoryBytes: 0, processes: 16, fileBytes: 1024, outputBytes: 1024 },
    workBytes: 1024 * 1024,
    workDirectory: null,
    readOnly: [],
    jobDirectory: null,
    doorSocketPath: null,
    environment: {},
    command: ['true'],
  });
  const made = await run(found.tools.bwrap, command, bwrapOptions);
  return made.exitCode === 0
    ? { ok: true, version: version.output.trim().replace(/^bubblewrap /, '') }
    : { ok: false, ...explainFailure(made.output) };
}

async function run(
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
