import { resolveRef } from './refs.ts';
import { runGit, tryGit } from './run-git.ts';

export interface Commit {
  sha: string;
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
}

interface Person {
  name: string;
  email: string;
  date: string;
}

export interface ChangedFile {
  path: string;
  previousPath: string | null;
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed';
  sha: string;
  additions: number;
  deletions: number;
  /** Unified diff without the file header; null for binary files. */
  patch: string | null;
}

export interface Comparison {
  mergeBase: string;
  aheadBy: number;
  behindBy: number;
  commits: Commit[];
  files: ChangedFile[];
}

const FORMAT = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x00') + '%x01';

/** Commits newest first, as `git log` takes its arguments. */
export async function listCommits(dir: string, args: readonly string[]): Promise<Commit[]> {
  const result = await tryGit(dir, ['log', `--format=${FORMAT}`, ...args]);
  if (result.code !== 0) {
    return [];
  }
  const records = result.stdout.toString('utf8').split('\u0001');
  return records
    .map((record) => record.replace(/^\n/, ''))
    .filter(Boolean)
    .map(parseCommit);
}

function parseCommit(record: string): Commit {
  const [sha = '', tree = '', parents = '', an = '', ae = '', ad = '', cn = '', ce = '', cd = '', message = ''] =
    record.split('\0');
  return {
    sha,
    tree,
    parents: parents.split(' ').filter(Boolean),
    author: { name: an, email: ae, date: utc(ad) },
    committer: { name: cn, email: ce, date: utc(cd) },
    message: message.trimEnd(),
  };
}

function utc(iso: string): string {
  return new Date(iso).toISOString().replace('.000Z', 'Z');
}

export async function readCommit(dir: string, sha: string): Promise<Commit | undefined> {
  return (await listCommits(dir, ['-1', '--end-of-options', sha]))[0];
}

/** Answers about pairs of commits, which never change. The oldest are dropped. */
const answers = new Map<string, Promise<unknown>>();
const ANSWERS_LIMIT = 200;

function remember<T>(key: readonly string[], ask: () => Promise<T>): Promise<T> {
  const name = key.join(' ');
  const known = (answers.get(name) as Promise<T> | undefined) ?? ask();
  known.catch(() => answers.delete(name));
  answers.set(name, known);
  if (answers.size > ANSWERS_LIMIT) {
    answers.delete(answers.keys().next().value ?? '');
  }
  return known;
}

/** What `head` has that `base` has not, seen from their merge base; both are ids. Undefined when they share no history. */
export function compareCommits(dir: string, base: string, head: string): Promise<Comparison | undefined> {
  return remember(['compare', dir, base, head], () => findDifference(dir, base, head));
}

async function findDifference(dir: string, base: string, head: string): Promise<Comparison | undefined> {
  const merged = await tryGit(dir, ['merge-base', base, head]);
  if (merged.code !== 0) {
    return undefined;
  }
  const mergeBase = merged.stdout.toString('utf8').trim();
  const [counts, commits, files] = await Promise.all([
    runGit(dir, ['rev-list', '--left-right', '--count', `${base}...${head}`]),
    listCommits(dir, [`${base}..${head}`]),
    changedFiles(dir, mergeBase, head),
  ]);
  const [behindBy = 0, aheadBy = 0] = counts.split('\t').map(Number);
  return { mergeBase, aheadBy, behindBy, commits: commits.toReversed(), files };
}

const STATUS: Record<string, ChangedFile['status']> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  T: 'changed',
};
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export async function changedFiles(dir: string, from: string, to: string): Promise<ChangedFile[]> {
  const [raw, diff] = await Promise.all([
    runGit(dir, ['diff', '--raw', '-z', '--no-abbrev', '-M', from, to]),
    diffText(dir, from, to),
  ]);
  const patches = splitPatches(diff);
  const fields = raw.split('\0');
  const files: ChangedFile[] = [];
  for (let index = 0; index + 1 < fields.length;) {
    const [, , before = '', after = '', letter = 'M'] = (fields[index] ?? '').split(' ');
    const isRename = letter.startsWith('R');
    const first = fields[index + 1] ?? '';
    const path = isRename ? (fields[index + 2] ?? '') : first;
    const patch = patches[files.length] ?? null;
    files.push({
      path,
      previousPath: isRename ? first : null,
      status: STATUS[letter[0] ?? 'M'] ?? 'modified',
      sha: letter.startsWith('D') ? before : after,
      additions: countLines(patch, '+'),
      deletions: countLines(patch, '-'),
      patch,
    });
    index += isRename ? 3 : 2;
  }
  return files;
}

/** The whole difference as `git diff` prints it. */
export function diffText(dir: string, from: string, to: string): Promise<string> {
  return runGit(dir, ['diff', '--no-color', '--no-ext-diff', '-M', from, to]);
}

/** One entry for each file of a diff, in order: its hunks, or null when it has none. */
function splitPatches(diff: string): (string | null)[] {
  const files = diff.split(/^(?=diff --git )/m).filter((file) => file.startsWith('diff --git '));
  return files.map((file) => {
    const start = file.search(/^@@ /m);
    return start === -1 ? null : file.slice(start).replace(/\n$/, '');
  });
}

function countLines(patch: string | null, sign: string): number {
  return patch === null ? 0 : patch.split('\n').filter((line) => line.startsWith(sign)).length;
}

/** Whether git can merge a commit into a branch without a conflict. */
export async function canMerge(dir: string, branch: string, head: string): Promise<boolean> {
  const base = await resolveRef(dir, `refs/heads/${branch}`);
  if (base === undefined) {
    return false;
  }
  return remember(
    ['merge', dir, base, head],
    async () => (await tryGit(dir, ['merge-tree', '--write-tree', base, head])).code === 0,
  );
}
