import { setImmediate as breathe } from 'node:timers/promises';
import { isFolder, parseTree, type TreeEntry } from './parse-tree.ts';
import { readObjects, readSizes } from './read-objects.ts';

/** One path that differs between two trees. */
export interface TreeChange {
  readonly path: string;
  readonly isUtf8: boolean;
  readonly status: 'A' | 'M' | 'D' | 'T';
  readonly oldMode: string;
  readonly mode: string;
  readonly oldSha: string;
  readonly sha: string;
}

export interface TreeDiff {
  /** One list for each pair asked for, sorted by path. */
  readonly changes: readonly (readonly TreeChange[])[];
  /** There were more changes than `maxChanges` in all, or more folders than are read; the lists are not whole. */
  readonly isCut: boolean;
}

interface Folder {
  readonly pair: number;
  /** Latin-1, with the slash at the end. */
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** All trees that are read for one answer: some hundred thousand entries. */
const MAX_TREE_BYTES = 16 * 1024 * 1024;
/** Every level costs a run of git; no file system lets a person go deeper by much. */
const MAX_DEPTH = 100;
const NOTHING = { mode: '000000', sha: '0'.repeat(40) };

/**
 * What differs between pairs of trees, folder by folder from the top. `git diff-tree` gathers everything before it says
 * anything, so a dozen small objects that unfold into billions of paths would take all memory there is; this stops when
 * there is more than anybody would review, and counts sizes and levels before it reads.
 */
export async function diffTrees(
  gitDir: string,
  request: { pairs: readonly (readonly [string, string])[]; maxChanges: number },
): Promise<TreeDiff> {
  const changes: TreeChange[][] = request.pairs.map(() => []);
  const trees = new Map<string, TreeEntry[]>();
  let folders: Folder[] = request.pairs.map(([from, to], pair) => ({ pair, path: '', from, to }));
  let found = 0;
  let left = MAX_TREE_BYTES;
  for (let depth = 0; folders.length > 0; depth += 1) {
    const pending = folders.filter((folder) => folder.from !== folder.to);
    const bytes = depth < MAX_DEPTH ? await loadTrees(gitDir, pending, { trees, maxBytes: left }) : null;
    if (bytes === null) {
      return { changes: changes.map(sortByPath), isCut: true };
    }
    left -= bytes;
    folders = [];
    for (const folder of pending) {
      const differences = compareFolder(folder, trees);
      folders.push(...differences.folders);
      changes[folder.pair]?.push(...differences.files);
      found += differences.files.length;
      if (found + folders.length > request.maxChanges) {
        return { changes: changes.map(sortByPath), isCut: true };
      }
    }
  }
  return { changes: changes.map(sortByPath), isCut: false };
}

/** How many bytes were read; null when there were more than `maxBytes`, of which none is read. */
async function loadTrees(
  gitDir: string,
  folders: readonly Folder[],
  into: { trees: Map<string, TreeEntry[]>; maxBytes: number },
): Promise<number | null> {
  const { maxBytes, trees } = into;
  const shas = folders.flatMap(({ from, to }) => [from, to]).filter((sha) => sha !== null);
  const missing = new Set(shas.filter((sha) => !trees.has(sha)));
  const sizes = await readSizes(gitDir, [...missing]);
  const total = [...sizes.values()].reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    return null;
  }
  for (const [sha, bytes] of await readObjects(gitDir, { shas: missing, maxBytes: total })) {
    trees.set(sha, parseTree(bytes));
    await breathe();
  }
  return total;
}

function compareFolder(
  folder: Folder,
  trees: ReadonlyMap<string, TreeEntry[]>,
): { files: TreeChange[]; folders: Folder[] } {
  const old = entriesOf(folder.from, trees);
  const current = entriesOf(folder.to, trees);
  const files: TreeChange[] = [];
  const folders: Folder[] = [];
  for (const name of new Set([...old.keys(), ...current.keys()])) {
    const from = old.get(name);
    const to = current.get(name);
    if (from?.sha === to?.sha && from?.mode === to?.mode) {
      continue;
    }
    const path = `${folder.path}${name}`;
    const fromFolder = from !== undefined && isFolder(from.mode) ? from.sha : null;
    const toFolder = to !== undefined && isFolder(to.mode) ? to.sha : null;
    if (fromFolder !== null || toFolder !== null) {
      folders.push({ pair: folder.pair, path: `${path}/`, from: fromFolder, to: toFolder });
    }
    const fromFile = fromFolder === null ? from : undefined;
    const toFile = toFolder === null ? to : undefined;
    if (fromFile !== undefined || toFile !== undefined) {
      files.push(describe(path, fromFile, toFile));
    }
  }
  return { files, folders };
}

function entriesOf(sha: string | null, trees: ReadonlyMap<string, TreeEntry[]>): Map<string, TreeEntry> {
  const entries = sha === null ? [] : trees.get(sha);
  if (entries === undefined) {
    throw new Error(`tree ${sha} was not read`);
  }
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function describe(path: string, from: TreeEntry | undefined, to: TreeEntry | undefined): TreeChange {
  const old = from ?? NOTHING;
  const current = to ?? NOTHING;
  return {
    ...decodePath(path),
    status: statusOf(from, to),
    oldMode: old.mode,
    mode: current.mode,
    oldSha: old.sha,
    sha: current.sha,
  };
}

function statusOf(from: TreeEntry | undefined, to: TreeEntry | undefined): TreeChange['status'] {
  if (from === undefined) {
    return 'A';
  }
  if (to === undefined) {
    return 'D';
  }
  // The first three digits are the type; the rest says who may run it.
  return from.mode.slice(0, 3) === to.mode.slice(0, 3) ? 'M' : 'T';
}

function decodePath(latin1: string): { path: string; isUtf8: boolean } {
  const bytes = Buffer.from(latin1, 'latin1');
  try {
    return { path: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isUtf8: true };
  } catch {
    return { path: bytes.toString('utf8'), isUtf8: false };
  }
}

function sortByPath(changes: readonly TreeChange[]): TreeChange[] {
  return changes.toSorted((one, other) => {
    if (one.path === other.path) {
      return 0;
    }
    return one.path < other.path ? -1 : 1;
  });
}
