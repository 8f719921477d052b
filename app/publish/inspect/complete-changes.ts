import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { SECRET_SHAPES } from '../../text/secrets/secret-shapes.ts';
import type { Change, SecretFact } from '../gate/gate-facts.ts';
import { readInstalls } from './installs/read-installs.ts';
import type { TreeChange } from './diff-trees.ts';
import type { Blobs } from './read-blobs.ts';

/** Finds credentials in bytes: known values and well-known shapes. Names their kinds, never the values. */
export type FindSecrets = (bytes: Uint8Array) => readonly FoundPlace[];

interface FoundPlace {
  readonly kind: string;
  /** Where it is, in bytes; absent where that is not known. */
  readonly index?: number;
  readonly length?: number;
}

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
      secrets: [...factsOf(Buffer.from(change.path), inName), ...(await newSecrets(change, scan))],
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
 * Secrets of the new content that the old does not have. A file of the repository may hold examples that look like
 * credentials; an agent that edits its next line did not put them there.
 */
async function newSecrets(change: TreeChange, scan: Scan): Promise<SecretFact[]> {
  const found = isFile(change.mode) ? await scan(change.sha) : [];
  if (found.length === 0) {
    return [];
  }
  const left = new Map<string, number>();
  for (const secret of isFile(change.oldMode) ? await scan(change.oldSha) : []) {
    left.set(keyOf(secret), (left.get(keyOf(secret)) ?? 0) + 1);
  }
  return found.filter((secret) => {
    const known = left.get(keyOf(secret)) ?? 0;
    left.set(keyOf(secret), known - 1);
    return known <= 0;
  });
}

function keyOf({ kind, sha256 }: SecretFact): string {
  return `${kind} ${sha256 ?? ''}`;
}

type Scan = (sha: string) => Promise<readonly SecretFact[]>;

/** Finds the secrets of a blob, each blob once. */
function createScan(blobs: Blobs, findSecrets: SearchFiles): Scan {
  const scanned = new Map<string, readonly SecretFact[]>();
  return async (sha) => {
    const before = scanned.get(sha);
    if (before !== undefined) {
      return before;
    }
    const bytes = blobs.contents.get(sha) ?? Buffer.alloc(0);
    const facts = factsOf(bytes, await findSecrets(bytes));
    scanned.set(sha, facts);
    return facts;
  };
}

/** A secret of this server is never let through, so nothing is to be known of its value. */
function factsOf(bytes: Uint8Array, found: readonly FoundPlace[]): SecretFact[] {
  return found.map(({ index, kind, length }) => {
    const isByLooks = index !== undefined && length !== undefined && SECRET_SHAPES.some((shape) => shape.kind === kind);
    const value = isByLooks ? bytes.subarray(index, index + length) : null;
    return { kind, sha256: value === null ? null : createHash('sha256').update(value).digest('hex') };
  });
}
