import { mustGit, runGit } from '../../git/run-git.ts';

/** Content of blobs by hash. */
export interface Blobs {
  readonly sizes: ReadonlyMap<string, number>;
  /** Without the blobs that were not read, because all together are too large. */
  readonly contents: ReadonlyMap<string, Buffer>;
}

/** Sizes of all, and the contents of as many, smallest first, as fit into `maxBytes`. */
export async function readBlobs(
  gitDir: string,
  request: { shas: readonly string[]; maxBytes: number },
): Promise<Blobs> {
  const shas = [...new Set(request.shas)];
  if (shas.length === 0) {
    return { sizes: new Map(), contents: new Map() };
  }
  const listing = await mustGit({ gitDir, args: ['cat-file', '--batch-check'], input: lines(shas) });
  const sizes = new Map<string, number>();
  for (const line of listing.split('\n')) {
    const [sha, type, size] = line.split(' ');
    if (sha !== undefined && type === 'blob') {
      sizes.set(sha, Number(size));
    }
  }
  let total = 0;
  const chosen = [...sizes]
    .sort(([, one], [, other]) => one - other)
    .filter(([, size]) => (total += size) <= request.maxBytes)
    .map(([sha]) => sha);
  return { sizes, contents: await readContents(gitDir, { shas: chosen, maxBytes: request.maxBytes }) };
}

async function readContents(
  gitDir: string,
  request: { shas: readonly string[]; maxBytes: number },
): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  if (request.shas.length === 0) {
    return contents;
  }
  const result = await runGit({
    gitDir,
    args: ['cat-file', '--batch'],
    input: lines(request.shas),
    maxOutputBytes: request.maxBytes + request.shas.length * 80,
  });
  if (!result.ok) {
    throw new Error(`git cat-file ended with ${result.problem.kind}: ${result.problem.stderr.trim()}`);
  }
  let at = 0;
  while (at < result.stdout.length) {
    const end = result.stdout.indexOf(10, at);
    const [sha = '', , size = ''] = result.stdout.toString('latin1', at, end).split(' ');
    contents.set(sha, result.stdout.subarray(end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return contents;
}

function lines(items: readonly string[]): string {
  return items.map((item) => `${item}\n`).join('');
}
