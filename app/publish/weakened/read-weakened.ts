import { setImmediate as breathe } from 'node:timers/promises';
import type { Weakening } from '../../task/checks/verdict.ts';
import { isFile } from '../inspect/complete-changes.ts';
import { diffTrees, type TreeChange } from '../inspect/diff-trees.ts';
import { readBlobs, type Blobs } from '../inspect/read-blobs.ts';
import { readLine } from '../inspect/read-line.ts';
import type { WorkRange } from '../inspect/work-range.ts';
import type { ChangedFile } from './changed-file.ts';
import { findWeakened } from './find-weakened.ts';

const MAX_CHANGES = 5_000;
/** Old and new content together. Lines are looked at one by one, so this takes well under a second. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
/** A larger file is no test that a person wrote. */
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * What the work as a whole, from the base of its branch on, does to that which decides whether it is good. What is too much
 * to look at is a finding, too.
 */
export async function readWeakened(range: WorkRange, commands: readonly string[]): Promise<readonly Weakening[]> {
  const { gitDir } = range;
  const { baseTree, line } = await readLine(range);
  const tree = line.at(-1)?.tree ?? baseTree;
  const diff = await diffTrees(gitDir, { pairs: [[baseTree, tree]], maxChanges: MAX_CHANGES });
  const [changes = []] = diff.changes;
  const shas = changes.flatMap(({ mode, oldMode, oldSha, sha }) => [
    ...(isFile(mode) ? [sha] : []),
    ...(isFile(oldMode) ? [oldSha] : []),
  ]);
  const blobs = await readBlobs(gitDir, { shas, maxBytes: MAX_CONTENT_BYTES });
  if (diff.isCut || blobs.totalBytes > MAX_CONTENT_BYTES) {
    const message = 'The change is too large to tell whether it weakens a check.';
    return [{ kind: 'unreadable', path: changes[0]?.path ?? '', message }];
  }
  const files: ChangedFile[] = [];
  for (const change of changes) {
    files.push(readFile(change, blobs));
    await breathe();
  }
  return findWeakened(files, commands);
}

function readFile({ mode, oldMode, oldSha, path, sha }: TreeChange, blobs: Blobs): ChangedFile {
  const before = readText(oldMode, oldSha, blobs);
  const after = readText(mode, sha, blobs);
  return { path, before, after, isUnreadable: after === null && mode !== NO_MODE };
}

const NO_MODE = '000000';

function readText(mode: string, sha: string, { contents }: Blobs): string | null {
  const content = isFile(mode) ? contents.get(sha) : undefined;
  const isText = content !== undefined && content.length <= MAX_FILE_BYTES && !content.includes(0);
  return isText ? content.toString('utf8') : null;
}
