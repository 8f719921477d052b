import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { takeEnd } from '../../../protocol/index.ts';
import { INSIDE } from '../sandbox/sandbox-arguments.ts';
import type { Reservation } from '../sandbox/sandbox-owner.ts';
import type { ComputeLog, Owner } from './launch.ts';

/** Compiled code of the worker's own modules, which halves the time until it asks a model. */
export interface CompileCache {
  /** What to mount read-only for a user of that id; nothing while there is no cache yet. */
  readonly mountFor: (owner: Owner | null) => { from: string; to: string }[];
}

/**
 * Has a worker that is given no job load all its modules where sessions run, and keeps what Node compiled. Sessions only ever
 * see the result read-only: a cache that one of them could write to would be a way from task to task. Failing costs time
 * and nothing else.
 */
export function warmCompileCache(given: {
  directory: string;
  /** Has the worker load its modules as a session would, with the directory to write to as its work directory. */
  load: (at: { owner: Owner | null; directory: string }) => Promise<{ exitCode: number | null; output: string }>;
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
  const { directory } = given;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o755 });
  if (owner !== null) {
    await chown(directory, owner.uid, owner.gid);
  }
  const ended = await given.load({ owner, directory });
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
