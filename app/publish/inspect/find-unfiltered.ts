import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mustGit } from '../../git/run-git.ts';
import type { TreeChange } from './diff-trees.ts';
import { listTree } from './list-tree.ts';

const MAX_ATTRIBUTES_BYTES = 64 * 1024 * 1024;
/** What `git check-attr` prints for a path that names no filter. */
const NO_FILTER: readonly string[] = ['unspecified', 'unset', 'set'];

/**
 * The filter of each changed file whose attributes name one (Git LFS, git-crypt), unless its content is in the base under
 * the same filter. The worker runs no filters, so what an agent wrote there is the content before the filter. The
 * attributes are those of the base, because no work that changes them is published. Git itself reads them, from an index
 * that has nothing else in it.
 */
export async function findUnfiltered(
  gitDir: string,
  request: { baseTree: string; changes: readonly TreeChange[] },
): Promise<ReadonlyMap<TreeChange, string>> {
  const written = request.changes.filter(({ mode, oldSha, sha }) => mode.startsWith('100') && sha !== oldSha);
  if (written.length === 0) {
    return new Map();
  }
  const sources = new Map<string, string[]>(written.map(({ sha }) => [sha, []]));
  const attributes: string[] = [];
  await listTree(gitDir, { tree: request.baseTree, flags: [] }, (record) => {
    const { mode, path, sha } = parseRecord(record);
    sources.get(sha)?.push(path);
    if (mode.startsWith('100') && /(?:^|\/)\.gitattributes$/.test(path)) {
      attributes.push(`100644 ${sha}\t${path}\0`);
    }
  });
  if (attributes.length === 0) {
    return new Map();
  }
  const paths = new Set([...written.map(({ path }) => path), ...[...sources.values()].flat()]);
  const filters = await readFilters(gitDir, { attributes: attributes.join(''), paths });
  const unfiltered = written.flatMap((change) => {
    const filter = filters.get(change.path);
    const wasFiltered = sources.get(change.sha)?.some((path) => filters.get(path) === filter) ?? false;
    return filter === undefined || wasFiltered ? [] : [[change, filter] as const];
  });
  return new Map(unfiltered);
}

/** The filters of paths; without those that have none. */
async function readFilters(
  gitDir: string,
  request: { attributes: string; paths: ReadonlySet<string> },
): Promise<Map<string, string>> {
  const index = join(gitDir, `attributes-${randomUUID()}.index`);
  const variables = { GIT_INDEX_FILE: index };
  try {
    await mustGit({ gitDir, variables, args: ['update-index', '-z', '--index-info'], input: request.attributes });
    const listing = await mustGit({
      gitDir,
      variables,
      args: ['check-attr', '--cached', '-z', '--stdin', 'filter'],
      input: [...request.paths].map((path) => `${path}\0`).join(''),
      maxOutputBytes: MAX_ATTRIBUTES_BYTES,
    });
    const fields = listing.split('\0');
    const filters = new Map<string, string>();
    for (let at = 0; at + 2 < fields.length; at += 3) {
      const [path = '', , filter = ''] = fields.slice(at, at + 3);
      if (!NO_FILTER.includes(filter)) {
        filters.set(path, filter);
      }
    }
    return filters;
  } finally {
    await rm(index, { force: true });
  }
}

/** `<mode> <type> <hash>\t<path>` */
function parseRecord(record: string): { mode: string; sha: string; path: string } {
  const tab = record.indexOf('\t');
  const [mode = '', , sha = ''] = record.slice(0, tab).split(' ');
  return { mode, sha, path: record.slice(tab + 1) };
}
