import { spawn } from 'node:child_process';
import { chown, readFile, realpath, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { getuid } from 'node:process';
import { Transform } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createHash } from 'node:crypto';
import { takeEnd } from '../../../protocol/index.ts';
import type { Environments } from '../compute.ts';
import { buildSandboxArguments, INSIDE } from '../sandbox/sandbox-arguments.ts';
import { reserveOwner } from '../sandbox/sandbox-owner.ts';
import type { SandboxTools } from '../sandbox/sandbox-tools.ts';
import { findProgram } from '../sandbox/find-program.ts';
import type { Owner } from '../session/launch.ts';
import { sessionDirectory } from '../session/session-directory.ts';
import { measureDirectory } from '../session/watch-disk.ts';
import type { EnvironmentDirectories } from './environment-directory.ts';

const ARCHIVE_MS = 10 * 60_000;
const MAX_ERROR_CHARS = 2_000;
/** Programs whose versions decide what set-up installs. */
const TOOLCHAIN = ['node', 'npm', 'python3', 'go', 'cargo', 'rustc', 'java', 'mvn', 'gradle', 'ruby', 'php', 'dotnet'];

export interface SandboxEnvironmentsOptions {
  /** Where sessions keep their directories. */
  readonly directory: string;
  readonly directories: EnvironmentDirectories;
  readonly tools: () => Promise<SandboxTools>;
  readonly toolPaths: readonly string[];
}

/**
 * Environments of sandboxes: directories of this machine that are moved, never copied, out of the session that made them.
 * Archives are read and written by `tar` in a sandbox of its own that sees one directory and has no rights, so that
 * nothing an archive holds can be written anywhere else.
 */
export function createSandboxEnvironments(options: SandboxEnvironmentsOptions): Environments {
  const { directories } = options;
  return {
    scope: 'repository',
    toolchain: () => describeToolchain(options.toolPaths),
    has: async (key) => (await directories.find(key)) !== null,
    keep: (session, key) =>
      directories.make(key, async (draft) => {
        const from = sessionDirectory(options.directory, session);
        await rename(path.join(from.work, 'repository'), path.join(draft, 'repository'));
        await rename(from.home, path.join(draft, 'home'));
        const { uid } = await stat(path.join(draft, 'home'));
        return { uid, bytes: await measureDirectory(draft, '--block-size=1') };
      }),
    async pack(key, { maxBytes, to }) {
      const environment = await directories.find(key);
      if (environment === null) {
        throw new Error(`the environment ${key} is not on this machine`);
      }
      const tar = await runTar(
        { ...options, owner: getuid?.() === 0 ? { uid: environment.uid, gid: environment.uid } : null },
        { directory: environment.path, args: ['--create', '--file=-', '--', 'repository', 'home'] },
      );
      tar.stdin.end();
      await Promise.all([pipeline(tar.stdout, limitBytes(maxBytes), to), tar.ended]).catch((error: unknown) => {
        tar.kill();
        throw error;
      });
    },
    unpack: (key, archive, { maxBytes }) =>
      directories.make(key, async (draft) => {
        const reserved = getuid?.() === 0 ? reserveOwner() : null;
        const owner = reserved?.owner ?? null;
        try {
          if (owner !== null) {
            await chown(draft, owner.uid, owner.gid);
          }
          const tar = await runTar({ ...options, owner }, { directory: draft, args: ['--extract', '--file=-'] });
          tar.stdout.resume();
          const count = limitBytes(maxBytes);
          await Promise.all([pipeline(archive, count, tar.stdin), tar.ended]).catch((error: unknown) => {
            tar.kill();
            throw error;
          });
          if (owner !== null) {
            await chown(draft, 0, 0);
          }
          return { uid: owner?.uid ?? getuid?.() ?? 0, bytes: count.bytes() };
        } finally {
          reserved?.release();
        }
      }),
    remove: (key) => directories.remove(key),
    prune: (maxBytes) => directories.prune(maxBytes),
  };
}

interface RunningTar {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly ended: Promise<void>;
  readonly kill: () => void;
}

async function runTar(
  given: { tools: () => Promise<SandboxTools>; owner: Owner | null },
  run: { directory: string; args: readonly string[] },
): Promise<RunningTar> {
  const tools = await given.tools();
  const { command, options } = buildSandboxArguments({
    tools,
    owner: given.owner,
    limits: { memoryBytes: 0, processes: 16, fileBytes: 64 * 1024 ** 3, outputBytes: 0, diskBytes: 0 },
    workBytes: 0,
    workDirectory: run.directory,
    homeDirectory: null,
    readOnly: [],
    hasFilter: false,
    hasJob: false,
    doorSocketPath: null,
    environment: {},
    command: ['tar', `--directory=${INSIDE.work}`, '--no-same-owner', ...run.args],
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

function limitBytes(maxBytes: number): Transform & { bytes: () => number } {
  let total = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      total += chunk.length;
      done(total > maxBytes ? new Error(`the environment has more than ${maxBytes} bytes`) : null, chunk);
    },
  });
  return Object.assign(counting, { bytes: () => total });
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
