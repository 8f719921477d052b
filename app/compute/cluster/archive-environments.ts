import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Environments } from '../compute.ts';
import type { RemoteSessions } from './remote-sessions.ts';
import { limitBytes } from '../environments/archived-environments.ts';
import { unlessMissing } from '../environments/environment-directory.ts';

/** Environments of workers on other machines: archives as the workers sent them, which only workers ever unpack. */
export interface ArchiveEnvironments extends Environments {
  /** The archive of an environment that is on this machine. */
  pathOf(key: string): string;
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9-]{0,127}$/;
const SUFFIX = '.tar';

export function createArchiveEnvironments(options: {
  directory: string;
  sessions: Pick<RemoteSessions, 'madeBy'>;
  imageFor: (name: string | null) => string;
}): ArchiveEnvironments {
  const { directory, sessions } = options;

  function pathOf(key: string): string {
    if (!KEY.test(key)) {
      throw new Error('the key of an environment is made of letters, digits and dashes');
    }
    return path.join(directory, `${key}${SUFFIX}`);
  }

  return {
    scope: 'repository',
    pathOf,
    // The platform knows which image a name stands for; best named by digest
    toolchain: async (image) => createHash('sha256').update(options.imageFor(image)).digest('hex'),
    async has(key) {
      const now = new Date();
      return (await utimes(pathOf(key), now, now).catch(unlessMissing)) !== null;
    },
    async keep(session, key) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const draft = `${pathOf(key)}.draft`;
      await rm(draft, { force: true });
      await link(sessions.madeBy(session), draft);
      await rename(draft, pathOf(key));
    },
    async pack(key, { maxBytes, to }) {
      await pipeline(createReadStream(pathOf(key)), limitBytes(maxBytes), to);
    },
    async unpack(key, archive, { maxBytes }) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const draft = `${pathOf(key)}.draft`;
      try {
        await pipeline(archive, limitBytes(maxBytes), createWriteStream(draft, { mode: 0o600 }));
        await rename(draft, pathOf(key));
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
    remove: (key) => rm(pathOf(key), { force: true }),
    async prune(maxBytes) {
      const names = ((await readdir(directory).catch(unlessMissing)) ?? []).filter((name) => name.endsWith(SUFFIX));
      const found: { file: string; bytes: number; usedAt: number }[] = [];
      for (const name of names) {
        const file = path.join(directory, name);
        const about = await stat(file).catch(unlessMissing);
        if (about !== null) {
          found.push({ file, bytes: about.size, usedAt: about.mtimeMs });
        }
      }
      let total = found.reduce((sum, { bytes }) => sum + bytes, 0);
      // The newest stays: a session is about to start from it. One that is lent out stays with the session
      for (const { bytes, file } of found.toSorted((one, other) => one.usedAt - other.usedAt).slice(0, -1)) {
        if (total > maxBytes) {
          await rm(file, { force: true });
          total -= bytes;
        }
      }
    },
  };
}
