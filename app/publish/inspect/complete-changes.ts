import { setImmediate as breathe } from 'node:timers/promises';
import type { Change } from '../gate/gate-facts.ts';
import { readInstalls } from './installs/read-installs.ts';
import type { TreeChange } from './diff-trees.ts';
import type { Blobs } from './read-blobs.ts';

/** Finds credentials in bytes: known values and well-known shapes. Names their kinds, never the values. */
export type FindSecrets = (bytes: Uint8Array) => readonly { readonly kind: string }[];

/** The same, where it is done elsewhere and takes its time. */
export type SearchFiles = (bytes: Uint8Array) => ReturnType<FindSecrets> | Promise<ReturnType<FindSecrets>>;

const BINARY_LOOK_BYTES = 8_000;

/** Adds to each change what its content says. Others get their turn between files, because looking for secrets takes long. */
export async function completeChanges(
  changes: readonly TreeChange[],
  { blobs, unfiltered }: { blobs: Blobs; unfiltered: ReadonlyMap<TreeChange, string> },
  findSecrets: SearchFiles,
): Promise<Change[]> {
  const scan = createScan(blobs, findSecrets);
  const completed: Change[] = [];
  for (const change of changes) {
    const inName = change.status === 'A' ? await findSecrets(Buffer.from(change.path)) : [];
    completed.push({
      ...change,
      size: isFile(change.mode) ? (blobs.sizes.get(change.sha) ?? 0) : 0,
      isBinary: isBinary(change, blobs),
      filterNotRun: unfiltered.get(change) ?? null,
      installs: readInstalls({ path: change.path, isBinary: isBinary(change, blobs), ...contentsOf(change, blobs) }),
      secrets: [...inName.map(({ kind }) => kind), ...(await newSecrets(change, scan))],
    });
    await breathe();
  }
  return completed;
}

/** What was too large to read is nothing a person could read either. */
function isBinary({ mode, sha }: TreeChange, blobs: Blobs): boolean {
  const content = blobs.contents.get(sha);
  return isFile(mode) && (content === undefined || content.subarray(0, BINARY_LOOK_BYTES).includes(0));
}

function contentsOf(change: TreeChange, { contents }: Blobs): { before: Uint8Array | null; after: Uint8Array | null } {
  const { mode, oldMode, oldSha, sha } = change;
  return {
    before: isFile(oldMode) ? (contents.get(oldSha) ?? null) : null,
    after: isFile(mode) ? (contents.get(sha) ?? new Uint8Array(0)) : null,
  };
}

export function isFile(mode: string): boolean {
  return mode.startsWith('100') || mode === '120000';
}

/**
 * Kinds of secrets that the new content has more of than the old. A file of the repository may hold examples that look
 * like credentials; an agent that edits its next line did not put them there.
 */
async function newSecrets(change: TreeChange, scan: Scan): Promise<string[]> {
  const found = isFile(change.mode) ? await scan(change.sha) : new Map<string, number>();
  if (found.size === 0) {
    return [];
  }
  const known = isFile(change.oldMode) ? await scan(change.oldSha) : new Map<string, number>();
  return [...found].filter(([kind, count]) => count > (known.get(kind) ?? 0)).map(([kind]) => kind);
}

type Scan = (sha: string) => Promise<ReadonlyMap<string, number>>;

/** Counts kinds of secrets in a blob, each blob once. */
function createScan(blobs: Blobs, findSecrets: SearchFiles): Scan {
  const scanned = new Map<string, Map<string, number>>();
  return async (sha) => {
    const before = scanned.get(sha);
    if (before !== undefined) {
      return before;
    }
    const counts = new Map<string, number>();
    for (const { kind } of await findSecrets(blobs.contents.get(sha) ?? Buffer.alloc(0))) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    scanned.set(sha, counts);
    return counts;
  };
}
