import { readFilters } from '../../git/read-filters.ts';
import type { TreeChange } from './diff-trees.ts';
import { listTree } from './list-tree.ts';

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

/** `<mode> <type> <hash>\t<path>` */
function parseRecord(record: string): { mode: string; sha: string; path: string } {
  const tab = record.indexOf('\t');
  const [mode = '', , sha = ''] = record.slice(0, tab).split(' ');
  return { mode, sha, path: record.slice(tab + 1) };
}
