import { existsSync } from 'node:fs';
import path from 'node:path';

/** How directories with tools are shown to a worker. */
export interface ToolPaths {
  /** Directories that are there, each to be seen read-only where it is. */
  readonly mounts: readonly string[];
  /** For the search path, before everything else. */
  readonly search: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** `/usr` and what belongs to it is seen by every worker. */
const SYSTEM = /^\/(usr|bin|sbin|lib|lib32|lib64|libx32)(\/|$)/;

/**
 * The directories of `BOSUN_WORKER_PATHS`: their `bin`, or that of packages npm installed there, or they themselves, on the
 * search path. A root of rustup or pyenv is told to these tools, because they look for it below the home of the user.
 */
export function describeToolPaths(directories: readonly string[]): ToolPaths {
  const present = directories.filter((directory) => existsSync(directory));
  function has(directory: string, name: string): boolean {
    return existsSync(path.join(directory, name));
  }
  const search = present.flatMap((directory) => {
    const below = ['shims', 'bin', 'node_modules/.bin'].filter((name) => has(directory, name));
    return below.length === 0 ? [directory] : below.map((name) => path.join(directory, name));
  });
  const rustup = present.find((directory) => has(directory, 'toolchains') && has(directory, 'settings.toml'));
  const pyenv = present.find((directory) => has(directory, 'versions') && has(directory, 'shims'));
  return {
    mounts: present.filter((directory) => !SYSTEM.test(directory)),
    search,
    environment: {
      ...(rustup === undefined ? {} : { RUSTUP_HOME: rustup }),
      ...(pyenv === undefined ? {} : { PYENV_ROOT: pyenv }),
    },
  };
}
