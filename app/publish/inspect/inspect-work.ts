import { runGit } from '../../git/run-git.ts';
import { foldPath } from '../gate/fold-path.ts';
import { prefixesOf } from '../gate/check-paths.ts';
import type { Change, GateFacts } from '../gate/gate-facts.ts';
import { findNewSecrets, type FindSecrets } from './find-new-secrets.ts';
import { parseRawDiff, splitAtNul, type RawChange } from './parse-raw-diff.ts';
import { readBlobs, type Blobs } from './read-blobs.ts';
import { readLine } from './read-line.ts';
import type { WorkRange } from './work-range.ts';

export interface InspectedWork {
  readonly facts: GateFacts;
  /** What `git diff` makes of it, to be kept for people; cut off when it is enormous. */
  readonly patch: Buffer;
}

/** A listing that is longer than this is not read: no person would review it. */
const MAX_LISTING_BYTES = 4 * 1024 * 1024;
const MAX_PATCH_BYTES = 64 * 1024 * 1024;
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;
const MAX_TREE_LISTING_BYTES = 256 * 1024 * 1024;
const BINARY_LOOK_BYTES = 8_000;

/**
 * Gathers what the gate judges by. Only plumbing that reads objects is used, in our own bare repository: no checkout, no
 * filter, no driver that the work could name is ever run.
 */
export async function inspectWork(range: WorkRange, findSecrets: FindSecrets): Promise<InspectedWork> {
  const { isOnBase, commits, baseTree, line } = await readLine(range);
  const trees = [baseTree, ...line.map((commit) => commit.tree)];
  const tipTree = trees.at(-1) ?? baseTree;
  const [diff, patch] = await Promise.all([readDiffs(range.gitDir, pairsOf(trees, baseTree)), readPatch(range)]);
  const net = diff.lists.get(`${baseTree} ${tipTree}`) ?? [];
  const steps = line.length > 1 ? stepChanges(diff.lists, trees) : [];
  const blobs = await readBlobs(range.gitDir, { shas: blobShas([...net, ...steps]), maxBytes: MAX_CONTENT_BYTES });
  const facts: GateFacts = {
    baseSha: range.baseSha,
    tipSha: range.tipSha,
    isOnBase,
    commits,
    line,
    net: net.map((change) => complete(change, blobs, findSecrets)),
    steps: steps.map((change) => complete(change, blobs, findSecrets)),
    isCut: diff.isCut,
    patchBytes: patch.length,
    spellings: diff.isCut ? new Map() : await readSpellings(range, net),
  };
  return { facts, patch };
}

function pairsOf(trees: readonly string[], baseTree: string): string[] {
  const steps = trees.slice(1).map((tree, index) => `${trees[index]} ${tree}`);
  return [...new Set([`${baseTree} ${trees.at(-1)}`, ...steps])];
}

async function readDiffs(
  gitDir: string,
  pairs: readonly string[],
): Promise<{ lists: Map<string, RawChange[]>; isCut: boolean }> {
  const result = await runGit({
    gitDir,
    args: [
      'diff-tree',
      '--stdin',
      '-r',
      '-z',
      '--raw',
      '--no-renames',
      '--no-abbrev',
      '--no-textconv',
      '--no-ext-diff',
    ],
    input: pairs.map((pair) => `${pair}\n`).join(''),
    maxOutputBytes: MAX_LISTING_BYTES,
    timeoutMs: 30_000,
  });
  if (result.ok) {
    return { lists: parseRawDiff(result.stdout), isCut: false };
  }
  const { kind, stderr, stdout } = result.problem;
  if (kind !== 'output_limit' && kind !== 'timeout') {
    throw new Error(`git diff-tree ended with ${kind}: ${stderr.trim()}`);
  }
  // The last entry may be cut in the middle; what is whole tells enough to say how many there are at least.
  const whole = stdout.subarray(0, Math.max(0, stdout.lastIndexOf(Buffer.from('\0:')) + 1));
  return { lists: parseRawDiff(whole), isCut: true };
}

async function readPatch(range: WorkRange): Promise<Buffer> {
  const result = await runGit({
    gitDir: range.gitDir,
    args: [
      'diff-tree',
      '-p',
      '--binary',
      '--full-index',
      '--no-renames',
      '--no-textconv',
      '--no-ext-diff',
      range.baseSha,
      range.tipSha,
    ],
    maxOutputBytes: MAX_PATCH_BYTES,
    timeoutMs: 60_000,
  });
  return result.ok ? result.stdout : result.problem.stdout;
}

function stepChanges(lists: ReadonlyMap<string, RawChange[]>, trees: readonly string[]): RawChange[] {
  return trees.slice(1).flatMap((tree, index) => lists.get(`${trees[index]} ${tree}`) ?? []);
}

function isFile(mode: string): boolean {
  return mode.startsWith('100') || mode === '120000';
}

function blobShas(changes: readonly RawChange[]): string[] {
  return changes.flatMap((change) => [
    ...(isFile(change.mode) ? [change.sha] : []),
    ...(isFile(change.oldMode) ? [change.oldSha] : []),
  ]);
}

function complete(change: RawChange, blobs: Blobs, findSecrets: FindSecrets): Change {
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
async function readSpellings(range: WorkRange, net: readonly RawChange[]): Promise<Map<string, string[]>> {
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
  for (const name of splitAtNul(result.stdout)) {
    const path = name.toString('utf8');
    wanted.get(foldQuickly(path))?.push(path);
  }
  return wanted;
}

/** Most paths of a repository are plain ASCII and need no tables. */
function foldQuickly(path: string): string {
  return /^[a-z0-9_/-]+(\.[a-z0-9_/-]+)*$/.test(path) ? path : foldPath(path);
}
