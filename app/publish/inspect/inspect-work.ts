import { runGit } from '../../git/run-git.ts';
import { prefixesOf } from '../gate/check-paths.ts';
import { foldPath } from '../gate/fold-path.ts';
import type { Change, GateFacts } from '../gate/gate-facts.ts';
import { diffTrees, type TreeChange } from './diff-trees.ts';
import { findNewSecrets, type FindSecrets } from './find-new-secrets.ts';
import { readBlobs, type Blobs } from './read-blobs.ts';
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
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;
const MAX_TREE_LISTING_BYTES = 256 * 1024 * 1024;
const BINARY_LOOK_BYTES = 8_000;

/**
 * Gathers what the gate judges by. Only plumbing that reads objects is used, in our own bare repository: no checkout, no
 * filter, no driver that the work could name is ever run.
 */
export async function inspectWork(range: WorkRange, findSecrets: FindSecrets): Promise<InspectedWork> {
  const { baseTree, commits, isOnBase, line } = await readLine(range);
  const trees = [baseTree, ...line.map((commit) => commit.tree)];
  const pairs = trees.slice(1).map((tree, index) => [trees[index] ?? baseTree, tree] as const);
  const tipTree = trees.at(-1) ?? baseTree;
  const diff = await diffTrees(range.gitDir, { pairs: [[baseTree, tipTree]], maxChanges: MAX_CHANGES });
  const history = await diffTrees(range.gitDir, { pairs: line.length > 1 ? pairs : [], maxChanges: MAX_CHANGES });
  const [net = []] = diff.changes;
  const steps = history.changes.flat();
  const blobs = await readBlobs(range.gitDir, { shas: blobShas([...net, ...steps]), maxBytes: MAX_CONTENT_BYTES });
  const isReadable = !diff.isCut && blobs.totalBytes <= MAX_CONTENT_BYTES;
  const patch = isReadable ? await readPatch(range) : Buffer.alloc(0);
  const facts: GateFacts = {
    baseSha: range.baseSha,
    tipSha: range.tipSha,
    isOnBase,
    commits,
    line,
    net: net.map((change) => complete(change, blobs, findSecrets)),
    steps: steps.map((change) => complete(change, blobs, findSecrets)),
    isCut: diff.isCut,
    isHistoryCut: history.isCut,
    patchBytes: isReadable ? patch.length : blobs.totalBytes,
    spellings: diff.isCut ? new Map() : await readSpellings(range, net),
  };
  return { facts, patch };
}

async function readPatch(range: WorkRange): Promise<Buffer> {
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

function isFile(mode: string): boolean {
  return mode.startsWith('100') || mode === '120000';
}

function blobShas(changes: readonly TreeChange[]): string[] {
  return changes.flatMap((change) => [
    ...(isFile(change.mode) ? [change.sha] : []),
    ...(isFile(change.oldMode) ? [change.oldSha] : []),
  ]);
}

function complete(change: TreeChange, blobs: Blobs, findSecrets: FindSecrets): Change {
  const content = isFile(change.mode) ? blobs.contents.get(change.sha) : undefined;
  const old = isFile(change.oldMode) ? (blobs.contents.get(change.oldSha) ?? null) : null;
  const inName = change.status === 'A' ? findSecrets(Buffer.from(change.path)).map(({ kind }) => kind) : [];
  const inContent = content === undefined ? [] : findNewSecrets({ old, new: content }, findSecrets);
  return {
    ...change,
    size: isFile(change.mode) ? (blobs.sizes.get(change.sha) ?? 0) : 0,
    // What was too large to read is nothing a person could read either.
    isBinary: isFile(change.mode) && (content === undefined || content.subarray(0, BINARY_LOOK_BYTES).includes(0)),
    secrets: [...inName, ...inContent],
  };
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
  const result = await runGit({
    gitDir: range.gitDir,
    args: ['ls-tree', '-r', '-t', '-z', '--name-only', range.tipSha],
    maxOutputBytes: MAX_TREE_LISTING_BYTES,
  });
  if (!result.ok) {
    throw new Error(`git ls-tree ended with ${result.problem.kind}: ${result.problem.stderr.trim()}`);
  }
  for (const path of result.stdout.toString('utf8').split('\0')) {
    wanted.get(foldQuickly(path))?.push(path);
  }
  return wanted;
}

/** Most paths of a repository are plain lower-case ASCII and need no tables. */
function foldQuickly(path: string): string {
  return /^[a-z0-9_/-]+(?:\.[a-z0-9_/-]+)*$/.test(path) ? path : foldPath(path);
}
