import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { takeEnd } from '../../../protocol/index.ts';
import type { Environments } from '../compute.ts';
import { buildSandboxArguments, INSIDE } from '../sandbox/sandbox-arguments.ts';
import type { SandboxTools } from '../sandbox/sandbox-tools.ts';
import { findProgram } from '../sandbox/find-program.ts';
import { createArchivedEnvironments } from './archived-environments.ts';
import type { ArchivedEnvironmentsOptions, RunningTar } from './archived-environments.ts';

const ARCHIVE_MS = 10 * 60_000;
const MAX_ERROR_CHARS = 2_000;
const TAR = ['tar', `--directory=${INSIDE.work}`, '--no-same-owner'];
/** Programs whose versions decide what set-up installs. */
const TOOLCHAIN = ['node', 'npm', 'python3', 'go', 'cargo', 'rustc', 'java', 'mvn', 'gradle', 'ruby', 'php', 'dotnet'];

export interface SandboxEnvironmentsOptions extends Pick<ArchivedEnvironmentsOptions, 'directory' | 'directories'> {
  readonly tools: () => Promise<SandboxTools>;
  readonly toolPaths: readonly string[];
}

/** Environments of sandboxes, whose `tar` runs in a sandbox of its own. */
export function createSandboxEnvironments(options: SandboxEnvironmentsOptions): Environments {
  return createArchivedEnvironments({
    ...options,
    toolchain: () => describeToolchain(options.toolPaths),
    runTar: async (run) => runTar(await options.tools(), run),
  });
}

async function runTar(
  tools: SandboxTools,
  run: Parameters<ArchivedEnvironmentsOptions['runTar']>[0],
): Promise<RunningTar> {
  const { command, options } = buildSandboxArguments({
    tools,
    owner: run.owner,
    limits: { memoryBytes: 0, processes: 16, fileBytes: 64 * 1024 ** 3, outputBytes: 0, diskBytes: 0 },
    workBytes: 0,
    workDirectory: run.directory,
    homeDirectory: null,
    readOnly: [],
    hasFilter: false,
    hasJob: false,
    doorSocketPath: null,
    environment: {},
    command: [...TAR, ...run.args],
  });
  const child = spawn(tools.bwrap, command, {
    env: {},
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    timeout: ARCHIVE_MS,
    killSignal: 'SIGKILL',
  });
  let words = '';
  const [stdin, stdout, stderr, status, pipe] = child.stdio as [Writable, Readable, Readable, Readable, Writable];
  status.resume();
  stderr.setEncoding('utf8').on('data', (text: string) => {
    words = takeEnd(words + text, MAX_ERROR_CHARS);
  });
  pipe.on('error', () => pipe.destroy());
  pipe.end(options.map((option) => `${option}\0`).join(''));
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`tar ended with ${String(signal ?? code)}: ${words.trim()}`)),
    );
  });
  // Whoever awaits it sees the failure; a failure of the pipe may come first
  ended.catch(() => undefined);
  return { stdin, stdout, ended, kill: () => void child.kill('SIGKILL') };
}

/** The system's release and the tools on the search path, each by where it leads and its size. */
async function describeToolchain(toolPaths: readonly string[]): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const tools = await Promise.all(
    TOOLCHAIN.map(async (name) => {
      const found = findProgram(name, toolPaths);
      const file = found === null ? null : await stat(await realpath(found)).catch(() => null);
      return `${name}:${found ?? ''}:${file?.size ?? 0}`;
    }),
  );
  return createHash('sha256')
    .update([process.arch, release, ...toolPaths, ...tools].join('\n'))
    .digest('hex');
}
