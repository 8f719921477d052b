import type { TaskSettings } from '../task/task.ts';

/** The directories a task checks out; empty is all of them. The one it is about is always among them. */
export function sparseOf({ checkout, path }: Pick<TaskSettings, 'checkout' | 'path'>): readonly string[] {
  const { sparse = [] } = checkout ?? {};
  return sparse.length === 0 || path === null ? sparse : [...new Set([...sparse, path])];
}

/**
 * Whether a file is in a checkout of some directories: everything below them, and the files directly in the directories
 * above them, the root included. This is what git calls cone mode. Without directories every file is.
 */
export function isInSparse(path: string, directories: readonly string[]): boolean {
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
  return (
    directories.length === 0 ||
    directories.some((directory) => path.startsWith(`${directory}/`) || `${directory}/`.startsWith(parent))
  );
}
