import { chmod, mkdir } from 'node:fs/promises';

/**
 * Directories with prompts, patches and code of private repositories are for this user alone. The data directory above
 * them is not closed, because the embedded database runs as another user where Bosun is root.
 */
export async function makePrivate(directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
  }
}
