import { chmod, lstat, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takeStart } from '../../../protocol/index.ts';
import { z } from 'zod';

/** An unpacked environment on this machine: `repository/` is laid over the checkout, `home/` is the home. */
export interface EnvironmentDirectory {
  readonly key: string;
  readonly path: string;
  readonly repository: string;
  readonly home: string;
  /** User that its files belong to. */
  readonly uid: number;
}

/** The unpacked environments of this machine, each in a directory that is there whole or not at all. */
export interface EnvironmentDirectories {
  find(key: string): Promise<EnvironmentDirectory | null>;
  /** Puts one in its place: `fill` makes its content in a directory of its own, and says whose files they are. */
  make(key: string, fill: (directory: string) => Promise<{ uid: number; bytes: number }>): Promise<void>;
  /** Tells that a session uses it; returns how to end that. */
  use(key: string): () => void;
  remove(key: string): Promise<void>;
  prune(maxBytes: number): Promise<void>;
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9-]{0,127}$/;
const Facts = z.object({ uid: z.number().int(), bytes: z.number().int().min(0) });
const FACTS_FILE = 'environment.json';

export function createEnvironmentDirectories(root: string): EnvironmentDirectories {
  const users = new Map<string, number>();

  function pathOf(key: string): string {
    if (!KEY.test(key)) {
      throw new Error(`the key of an environment is made of letters, digits and dashes, not ${takeStart(key, 200)}`);
    }
    return path.join(root, key);
  }

  async function readFacts(key: string): Promise<z.infer<typeof Facts> | null> {
    const text = await readFile(path.join(pathOf(key), FACTS_FILE), 'utf8').catch(unlessMissing);
    const facts = text === null ? null : Facts.safeParse(JSON.parse(text));
    return facts?.success === true ? facts.data : null;
  }

  async function remove(key: string): Promise<void> {
    // Renamed first: half a directory must not be taken for an environment
    const going = `${pathOf(key)}.going`;
    await rm(going, { recursive: true, force: true });
    await rename(pathOf(key), going).catch(unlessMissing);
    await rm(going, { recursive: true, force: true, maxRetries: 3 });
  }

  return {
    async find(key) {
      const facts = await readFacts(key);
      if (facts === null) {
        return null;
      }
      const at = pathOf(key);
      const now = new Date();
      await utimes(path.join(at, FACTS_FILE), now, now).catch(unlessMissing);
      return { key, path: at, repository: path.join(at, 'repository'), home: path.join(at, 'home'), uid: facts.uid };
    },
    async make(key, fill) {
      const draft = `${pathOf(key)}.draft`;
      await rm(draft, { recursive: true, force: true });
      await mkdir(draft, { recursive: true });
      // Read as the worker's user when it is packed; nobody else comes near the directory above
      await chmod(draft, 0o755);
      try {
        const facts = await fill(draft);
        for (const name of ['repository', 'home']) {
          // What a worker wrote may be a link; mounted, it would show the worker a directory of this machine
          if (!(await lstat(path.join(draft, name))).isDirectory()) {
            throw new Error(`${name} of the environment is not a directory`);
          }
        }
        await writeFile(path.join(draft, FACTS_FILE), JSON.stringify(facts), { mode: 0o600 });
        await remove(key);
        await rename(draft, pathOf(key));
      } catch (error) {
        await rm(draft, { recursive: true, force: true, maxRetries: 3 });
        throw error;
      }
    },
    use(key) {
      users.set(key, (users.get(key) ?? 0) + 1);
      let done = false;
      return () => {
        if (!done) {
          done = true;
          users.set(key, (users.get(key) ?? 1) - 1);
        }
      };
    },
    remove,
    async prune(maxBytes) {
      const names = (await readdir(root).catch(unlessMissing)) ?? [];
      const found: { key: string; bytes: number; usedAt: number }[] = [];
      for (const key of names.filter((name) => KEY.test(name))) {
        const facts = await readFacts(key);
        const file = await lstat(path.join(pathOf(key), FACTS_FILE)).catch(unlessMissing);
        if (facts !== null && file !== null) {
          found.push({ key, bytes: facts.bytes, usedAt: file.mtimeMs });
        }
      }
      let total = found.reduce((sum, { bytes }) => sum + bytes, 0);
      // The newest stays: a session is about to start from it
      for (const { bytes, key } of found.toSorted((one, other) => one.usedAt - other.usedAt).slice(0, -1)) {
        if (total > maxBytes && (users.get(key) ?? 0) === 0) {
          await remove(key);
          total -= bytes;
        }
      }
    },
  };
}

/** For the rejection of a call on a file that may be gone. */
export function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') {
    return null;
  }
  throw error;
}
