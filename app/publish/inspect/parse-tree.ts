/** One entry of a tree object, as its bytes say. */
export interface TreeEntry {
  /** Octal, six digits. */
  readonly mode: string;
  /** Bytes as Latin-1, so that names can be compared and joined whatever they are. */
  readonly name: string;
  readonly sha: string;
}

const SPACE = 0x20;
const SHA_BYTES = 20;

/** Reads a tree object. Modes stay as they are written: `git diff-tree` would round odd ones to the nearest good one. */
export function parseTree(bytes: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(SPACE, at);
    const nul = bytes.indexOf(0, space);
    if (space === -1 || nul === -1 || nul + SHA_BYTES >= bytes.length) {
      throw new Error('a tree object ends in the middle of an entry');
    }
    entries.push({
      mode: bytes.toString('latin1', at, space).padStart(6, '0'),
      name: bytes.toString('latin1', space + 1, nul),
      sha: bytes.toString('hex', nul + 1, nul + 1 + SHA_BYTES),
    });
    at = nul + 1 + SHA_BYTES;
  }
  return entries;
}

export function isFolder(mode: string): boolean {
  return mode === '040000';
}
