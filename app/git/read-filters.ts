import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mustGit } from './run-git.ts';

const MAX_ATTRIBUTES_BYTES = 64 * 1024 * 1024;
/** What `git check-attr` prints for a path that names no filter. */
const NO_FILTER: readonly string[] = ['unspecified', 'unset', 'set'];

/**
 * The git filters of paths, without those that have none. Git itself reads the attributes, from an index that has nothing
 * else in it; `attributes` are its entries, as `git update-index -z --index-info` takes them.
 */
export async function readFilters(
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
