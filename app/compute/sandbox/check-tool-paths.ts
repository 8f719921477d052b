import { statSync } from 'node:fs';
import { trySandbox } from './check-sandbox.ts';
import { describeToolPaths } from './tool-paths.ts';

export interface ToolPathProblem {
  readonly directory: string;
  readonly reason: string;
  readonly remedy: string;
}

/** Prints those of its arguments that cannot be listed and entered. */
const SCRIPT = 'for at in "$@"; do ls -- "$at/" >/dev/null 2>&1 && cd -- "$at" || echo "closed:$at"; done';

/**
 * Which directories of `BOSUN_WORKER_PATHS` a worker cannot use. They are tried in a sandbox: as root a worker is another
 * user there, to whom a directory of mode 0700 is closed, and its programs would only seem to be missing.
 */
export async function findToolPathProblems(directories: readonly string[]): Promise<ToolPathProblem[]> {
  const missing = directories.filter((directory) => !isDirectory(directory));
  const present = directories.filter((directory) => !missing.includes(directory));
  const closed = present.length === 0 ? [] : await findClosed(present);
  return [
    ...missing.map((directory) => ({
      directory,
      reason: `${directory} is not a directory that Bosun can see`,
      remedy: 'Correct BOSUN_WORKER_PATHS, or let the user that Bosun runs as enter the directories above it.',
    })),
    ...closed.map((directory) => ({
      directory,
      reason: `a worker may not enter ${directory}, so that the programs in it are missing there`,
      remedy: `Open it for reading: \`chmod -R a+rX ${quote(directory)}\`. Workers run as a user of their own.`,
    })),
  ];
}

async function findClosed(present: readonly string[]): Promise<string[]> {
  const { search } = describeToolPaths(present);
  const looked = [...new Set([...present, ...search])];
  const tried = await trySandbox(['/bin/sh', '-c', SCRIPT, 'sh', ...looked], { toolPaths: present });
  // Where there is no sandbox at all, that is what is wrong, and another check says it
  const output = tried.made ? tried.output : '';
  const closed = looked.filter((directory) => output.split('\n').includes(`closed:${directory}`));
  return closed.filter((directory) => !closed.some((above) => directory.startsWith(`${above}/`)));
}

function isDirectory(directory: string): boolean {
  return statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
}

function quote(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
