import { chown } from 'node:fs/promises';
import { getuid } from 'node:process';
import { Transform } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Environments } from '../compute.ts';
import { reserveOwner } from '../sandbox/sandbox-owner.ts';
import type { Owner } from '../session/launch.ts';
import { sessionDirectory } from '../session/session-directory.ts';
import { moveOutOfSession } from './copy-environment.ts';
import type { EnvironmentDirectories } from './environment-directory.ts';

/** `tar` at work, where it sees one directory and has no rights. */
export interface RunningTar {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly ended: Promise<void>;
  readonly kill: () => void;
}

export interface ArchivedEnvironmentsOptions {
  /** Where sessions keep their directories. */
  readonly directory: string;
  readonly directories: EnvironmentDirectories;
  readonly toolchain: Environments['toolchain'];
  /** Runs `tar` as a user in a directory that is all it can write. */
  readonly runTar: (run: { directory: string; args: readonly string[]; owner: Owner | null }) => Promise<RunningTar>;
}

/**
 * Environments that are the same for every session of a repository: directories of this machine that are moved, never
 * copied, out of the session that made them. Archives are read and written by `tar` where it sees one directory and has
 * no rights, so that nothing an archive holds can be written anywhere else.
 */
export function createArchivedEnvironments(options: ArchivedEnvironmentsOptions): Environments {
  const { directories } = options;
  return {
    scope: 'repository',
    toolchain: options.toolchain,
    has: async (key) => (await directories.find(key)) !== null,
    keep: (session, key) =>
      directories.make(key, (draft) => moveOutOfSession(sessionDirectory(options.directory, session), draft)),
    async pack(key, { maxBytes, to }) {
      const environment = await directories.find(key);
      if (environment === null) {
        throw new Error(`the environment ${key} is not on this machine`);
      }
      const tar = await options.runTar({
        directory: environment.path,
        args: ['--create', '--file=-', '--', 'repository', 'home'],
        owner: getuid?.() === 0 ? { uid: environment.uid, gid: environment.uid } : null,
      });
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
          const tar = await options.runTar({ directory: draft, args: ['--extract', '--file=-'], owner });
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

/** Passes an archive on, counts it, and fails when it is larger. */
export function limitBytes(maxBytes: number): Transform & { bytes: () => number } {
  let total = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      total += chunk.length;
      done(total > maxBytes ? new Error(`the environment has more than ${maxBytes} bytes`) : null, chunk);
    },
  });
  return Object.assign(counting, { bytes: () => total });
}
