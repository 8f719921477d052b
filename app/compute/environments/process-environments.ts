import type { Environments } from '../compute.ts';
import { sessionDirectory } from '../session/session-directory.ts';
import { moveOutOfSession } from './copy-environment.ts';
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
      directories.make(key, (draft) => moveOutOfSession(sessionDirectory(options.directory, session), draft)),
    pack: refuse,
    unpack: refuse,
    remove: (key) => directories.remove(key),
    prune: (maxBytes) => directories.prune(maxBytes),
  };
}
