import { runGit } from '../../git/run-git.ts';
import { prefixesOf } from '../gate/check-paths.ts';
import { foldPath } from '../gate/fold-path.ts';
import type { Change, GateFacts } from '../gate/gate-facts.ts';
import { completeChanges, isFile, type SearchFiles } from './complete-changes.ts';
import { diffTrees, type TreeChange } from './diff-trees.ts';
import { findUnfiltered } from './find-unfiltered.ts';
import { listTree } from './list-tree.ts';
import { readBlobs } from './read-blobs.ts';
import { readLine } from './read-line.ts';
import type { WorkRange } from './work-range.ts';

export interface InspectedWork {
  readonly facts: GateFacts;
  /** What `git diff` makes of it, to be kept for people; empty when there is too much of it. */
  readonly patch: Buffer;
}

/** No person would review more, and what is beyond is not looked at. */
const MAX_CHANGES = 5_000;
const MAX_PATCH_BYTES = 64 * 1024 * 1024;
/** Old and new content together. */
const MAX_CONTENT_BYTES = 32 * 1024 * 1024;

/**
 * Gathers what the gate judges by. Only plumbing that reads objects is used, in our own bare repository: no checkout, no
 * filter, no driver that the work could name is ever run.
 */
export async function inspectWork(range: WorkRange, findSecrets: SearchFiles): Promise<InspectedWork> {
  const { baseTree, commits, isOnBase, line } = await readLine(range);
  const trees = [baseTree, ...line.map((commit) => commit.tree)];
  const pairs = trees.slice(1).map((tree, index) => [trees[index] ?? baseTree, tree] as const);
  const { gitDir } = range;
  const diff = await diffTrees(gitDir, { pairs: [[baseTree, trees.at(-1) ?? baseTree]], maxChanges: MAX_CHANGES });
  const [net = []] = diff.changes;
  const blobs = await readBlobs(gitDir, { shas: blobShas(net), maxBytes: MAX_CONTENT_BYTES });
  const isReadable = !diff.isCut && blobs.totalBytes <= MAX_CONTENT_BYTES;
  const patch = isReadable ? await readPatch(range) : Buffer.alloc(0);
  const history = await inspectHistory(gitDir, { baseTree, pairs: line.length > 1 ? pairs : [], findSecrets });
  const unfiltered = await findUnfiltered(gitDir, { baseTree, changes: net });
  const facts: GateFacts = {
    baseSha: range.baseSha,
    tipSha: range.tipSha,
    isOnBase,
    commits,
    line,
    net: await completeChanges(net, { blobs, unfiltered }, findSecrets),
    steps: history.steps,
    isCut: diff.isCut,
    isHistoryCut: history.isCut,
    patchBytes: isReadable ? patch.length : blobs.totalBytes,
    spellings: diff.isCut ? new Map() : await readSpellings(range, net),
  };
  return { facts, patch };
}

/** What each commit changed; not whole when that is too much, and then the result has to stand alone. */
async function inspectHistory(
  gitDir: string,
  request: { baseTree: string; pairs: readonly (readonly [string, string])[]; findSecrets: SearchFiles },
): Promise<{ steps: readonly Change[]; isCut: boolean }> {
  const history = await diffTrees(gitDir, { pairs: request.pairs, maxChanges: MAX_CHANGES });
  const steps = history.changes.flat();
  const blobs = await readBlobs(gitDir, { shas: blobShas(steps), maxBytes: MAX_CONTENT_BYTES });
  if (history.isCut || blobs.totalBytes > MAX_CONTENT_BYTES) {
    return { steps: [], isCut: true };
  }
  const unfiltered = await findUnfiltered(gitDir, { baseTree: request.baseTree, changes: steps });
  return { steps: await completeChanges(steps, { blobs, unfiltered }, request.findSecrets), isCut: false };
}

/** What `git diff` makes of it; cut where there is too much. */
export async function readPatch(range: WorkRange): Promise<Buffer> {
  const flags = ['-p', '--binary', '--full-index', '--no-renames', '--no-textconv', '--no-ext-diff'];
  const result = await runGit({
    gitDir: range.gitDir,
    args: ['diff-tree', ...flags, range.baseSha, range.tipSha],
    maxOutputBytes: MAX_PATCH_BYTES,
    timeoutMs: 60_000,
  });
  if (!result.ok && result.problem.kind !== 'output_limit') {
    throw new Error(`git diff-tree ended with ${result.problem.kind}: ${result.problem.stderr.trim()}`);
  }
  return result.ok ? result.stdout : result.problem.stdout;
}

function blobShas(changes: readonly TreeChange[]): string[] {
  return changes.flatMap((change) => [
    ...(isFile(change.mode) ? [change.sha] : []),
    ...(isFile(change.oldMode) ? [change.oldSha] : []),
  ]);
}

/** Other spellings of added paths and their folders in the tip. */
async function readSpellings(range: WorkRange, net: readonly TreeChange[]): Promise<Map<string, string[]>> {
  const wanted = new Map<string, string[]>();
  for (const change of net) {
    if (change.status === 'A') {
      prefixesOf(change.path).forEach((prefix) => wanted.set(foldPath(prefix), []));
    }
  }
  if (wanted.size === 0) {
    return wanted;
  }
  await listTree(range.gitDir, { tree: range.tipSha, flags: ['-t', '--name-only'] }, (path) => {
    wanted.get(foldQuickly(path))?.push(path);
  });
  return wanted;
}

/** Most paths of a repository are plain lower-case ASCII and need no tables. */
function foldQuickly(path: string): string {
  return /^[a-z0-9_/-]+(?:\.[a-z0-9_/-]+)*$/.test(path) ? path : foldPath(path);
}
