import { mustGit, runGit } from '../../git/run-git.ts';

export interface ObjectSize {
  readonly type: string;
  readonly size: number;
}

/** Types and sizes of objects by hash; what is missing is not in the answer. */
export async function readSizes(gitDir: string, shas: readonly string[]): Promise<Map<string, ObjectSize>> {
  const sizes = new Map<string, ObjectSize>();
  if (shas.length === 0) {
    return sizes;
  }
  const listing = await mustGit({ gitDir, args: ['cat-file', '--batch-check'], input: lines(new Set(shas)) });
  for (const line of listing.split('\n')) {
    const [sha, type, size] = line.split(' ');
    if (sha !== undefined && type !== undefined && size !== undefined) {
      sizes.set(sha, { type, size: Number(size) });
    }
  }
  return sizes;
}

/** Contents of objects by hash. Throws when one is missing or all together have more than `maxBytes`. */
export async function readObjects(
  gitDir: string,
  request: { shas: Iterable<string>; maxBytes: number },
): Promise<Map<string, Buffer>> {
  const wanted = new Set(request.shas);
  const contents = new Map<string, Buffer>();
  if (wanted.size === 0) {
    return contents;
  }
  const result = await runGit({
    gitDir,
    args: ['cat-file', '--batch'],
    input: lines(wanted),
    maxOutputBytes: request.maxBytes + wanted.size * 80,
  });
  if (!result.ok) {
    throw new Error(`git cat-file ended with ${result.problem.kind}: ${result.problem.stderr.trim()}`);
  }
  let at = 0;
  while (at < result.stdout.length) {
    const end = result.stdout.indexOf(10, at);
    const [sha = '', type, size] = result.stdout.toString('latin1', at, end).split(' ');
    if (size === undefined) {
      throw new Error(`object ${sha} is ${type ?? 'unreadable'}`);
    }
    contents.set(sha, result.stdout.subarray(end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return contents;
}

function lines(shas: Iterable<string>): string {
  return [...shas].map((sha) => `${sha}\n`).join('');
}
