import { rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Environments } from '../compute.ts';
import { sessionDirectory } from '../session/session-directory.ts';
import { measureDirectory } from '../session/watch-disk.ts';
import type { EnvironmentDirectories } from './environment-directory.ts';

/**
 * Environments of plain processes: each session has paths of its own, which programs write into what they install, so
 * that an environment serves the attempt that prepared it and no other.
 */
export function createProcessEnvironments(options: {
  directory: string;
  directories: EnvironmentDirectories;
}): Environments {
  const { directories } = options;
  async function refuse(): Promise<never> {
    throw new Error('environments of plain processes are not kept as archives');
  }
  return {
    scope: 'attempt',
    toolchain: async () => 'process',
    has: async (key) => (await directories.find(key)) !== null,
    keep: (session, key) =>
      directories.make(key, async (draft) => {
        const from = sessionDirectory(options.directory, session);
        await rename(path.join(from.work, 'repository'), path.join(draft, 'repository'));
        await rename(from.home, path.join(draft, 'home'));
        const { uid } = await stat(path.join(draft, 'home'));
        return { uid, bytes: await measureDirectory(draft, '--block-size=1') };
      }),
    pack: refuse,
    unpack: refuse,
    remove: (key) => directories.remove(key),
    prune: (maxBytes) => directories.prune(maxBytes),
  };
}
