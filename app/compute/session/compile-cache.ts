import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { takeEnd } from '../../../protocol/index.ts';
import type { ComputeLog, Owner } from '../session/launch.ts';
import { runBubblewrap } from './run-bubblewrap.ts';
import { INSIDE, buildSandboxArguments, mountCode } from './sandbox-arguments.ts';
import { buildSeccompFilter } from './seccomp-filter.ts';
import type { Reservation } from './sandbox-owner.ts';
import type { SandboxTools } from './sandbox-tools.ts';

/** Compiled code of the worker's own modules, which halves the time until it asks a model. */
export interface CompileCache {
  /** What to mount read-only for a user of that id; nothing while there is no cache yet. */
  readonly mountFor: (owner: Owner | null) => { from: string; to: string }[];
}

/**
 * Has a worker that is given no job load all its modules in a sandbox, and keeps what Node compiled. Sessions only ever
 * see the result read-only: a cache that one of them could write to would be a way from task to task. Failing costs time
 * and nothing else.
 */
export function warmCompileCache(given: {
  tools: SandboxTools;
  directory: string;
  workerEntry: string;
  nodePath: string;
  /** The user to load them as. */
  reserve: () => Reservation | null;
  log: ComputeLog;
}): CompileCache {
  let ready: string | null = null;
  warm(given).then(
    (directory) => {
      ready = directory;
    },
    (error: unknown) => given.log.warn('compute: the compile cache could not be made', { error }),
  );
  return {
    mountFor: (owner) => {
      if (ready === null) {
        return [];
      }
      // Node keeps a cache per user and ends the directory's name with the id
      const name = path.basename(ready);
      const own = owner === null ? name : name.replace(/-\d+$/, `-${owner.uid}`);
      return [{ from: ready, to: path.join(INSIDE.cache, own) }];
    },
  };
}

async function warm(given: Parameters<typeof warmCompileCache>[0]): Promise<string | null> {
  const reservation = given.reserve();
  try {
    return await warmAs(reservation?.owner ?? null, given);
  } finally {
    reservation?.release();
  }
}

async function warmAs(owner: Owner | null, given: Parameters<typeof warmCompileCache>[0]): Promise<string | null> {
  const { tools, directory } = given;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o755 });
  if (owner !== null) {
    await chown(directory, owner.uid, owner.gid);
  }
  const filter = buildSeccompFilter(process.arch);
  const code = mountCode(given.workerEntry);
  const { options, command } = buildSandboxArguments({
    tools,
    owner,
    limits: { memoryBytes: 0, processes: 64, fileBytes: 16 * 1024 * 1024, outputBytes: 0, diskBytes: 0 },
    workBytes: 0,
    workDirectory: directory,
    homeDirectory: null,
    readOnly: [{ from: given.nodePath, to: INSIDE.node }, ...code.readOnly],
    hasFilter: filter !== null,
    hasJob: false,
    doorSocketPath: null,
    environment: { NODE_COMPILE_CACHE: INSIDE.work },
    command: [INSIDE.node, code.entry, '--warm'],
  });
  const ended = await runBubblewrap(tools.bwrap, command, { options, filter });
  if (ended.exitCode !== 0) {
    given.log.warn('compute: the worker could not be loaded ahead', { output: takeEnd(ended.output, 1_000) });
    return null;
  }
  await letEverybodyRead(directory);
  const [name] = await readdir(directory);
  return name === undefined ? null : path.join(directory, name);
}

async function letEverybodyRead(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    await chmod(path.join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}
