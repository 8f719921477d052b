import { isUtf8 } from 'node:buffer';
import type { CommitWriter, GitHubResult, NewTreeEntry } from '../../github/github.ts';
import type { TreeChange } from '../inspect/diff-trees.ts';

/** What goes into the request for a tree as text; more goes as a blob of its own. */
const MAX_INLINE_BYTES = 128 * 1024;
const MAX_INLINE_TOTAL = 2 * 1024 * 1024;

/**
 * Makes the tree of a commit at GitHub out of the one of its parent, which is there. Bytes that are no text, and long
 * ones, go as blobs; a path whose folder was a file before, or the other way round, takes two steps, because GitHub does
 * not say in which order it applies the entries of one request. Whoever calls compares the hash.
 */
export async function uploadTree(
  writer: Pick<CommitWriter, 'createBlob' | 'createTree'>,
  request: { base: string; changes: readonly TreeChange[]; contents: ReadonlyMap<string, Buffer> },
): Promise<GitHubResult<string>> {
  const entries: NewTreeEntry[] = [];
  let inlineBytes = 0;
  for (const change of request.changes) {
    const content = request.contents.get(change.sha);
    const { mode, path } = change;
    if (change.status === 'D') {
      entries.push({ path, mode: modeOf(change.oldMode), to: { sha: null } });
    } else if (content === undefined) {
      entries.push({ path, mode: modeOf(mode), to: { sha: change.sha } });
    } else if (isInline(content) && inlineBytes + content.length <= MAX_INLINE_TOTAL) {
      inlineBytes += content.length;
      entries.push({ path, mode: modeOf(mode), to: { text: content.toString('utf8') } });
    } else {
      const blob = await writer.createBlob(content);
      if (!blob.ok) {
        return blob;
      }
      entries.push({ path, mode: modeOf(mode), to: { sha: blob.value } });
    }
  }
  const removed = entries.filter(({ to }) => 'sha' in to && to.sha === null);
  const written = entries.filter((entry) => !removed.includes(entry));
  if (removed.length === 0 || written.length === 0 || !doCollide(removed, written)) {
    return writer.createTree({ base: request.base, entries });
  }
  const without = await writer.createTree({ base: request.base, entries: removed });
  return without.ok ? writer.createTree({ base: without.value, entries: written }) : without;
}

/** JSON carries text unchanged; a byte-order mark would be taken for one by whoever decodes it. */
function isInline(content: Buffer): boolean {
  return content.length <= MAX_INLINE_BYTES && isUtf8(content) && !content.includes(0) && content[0] !== 0xef;
}

function doCollide(removed: readonly NewTreeEntry[], written: readonly NewTreeEntry[]): boolean {
  return removed.some((one) =>
    written.some(({ path }) => path.startsWith(`${one.path}/`) || one.path.startsWith(`${path}/`)),
  );
}

function modeOf(mode: string): NewTreeEntry['mode'] {
  switch (mode) {
    case '100644':
    case '100755':
    case '120000':
    case '160000':
      return mode;
    default:
      throw new Error(`the gate let pass a file of mode ${mode}`);
  }
}
