import { mustGit, runGit } from '../../git/run-git.ts';
import type { LineCommit } from '../gate/gate-facts.ts';
import type { WorkRange } from './work-range.ts';

export interface WorkLine {
  readonly isOnBase: boolean;
  readonly commits: number;
  readonly baseTree: string;
  readonly line: readonly LineCommit[];
}

interface RawCommit extends LineCommit {
  readonly parents: readonly string[];
}

/** More are not listed: they are too many anyway. */
const MAX_LISTED = 60;

/**
 * The commits between base and tip as one line along first parents, so that merges come out flat: the commit that merged
 * carries the whole result. When that way does not lead to the base, the tip alone stands for all.
 */
export async function readLine(range: WorkRange): Promise<WorkLine> {
  const { gitDir, baseSha, tipSha } = range;
  const [ancestor, count, listing, base] = await Promise.all([
    runGit({ gitDir, args: ['merge-base', '--is-ancestor', baseSha, tipSha] }),
    mustGit({ gitDir, args: ['rev-list', '--count', `${baseSha}..${tipSha}`] }),
    mustGit({
      gitDir,
      args: [
        'log',
        '--first-parent',
        '-z',
        `--max-count=${MAX_LISTED}`,
        '--format=%H%n%T%n%P%n%s',
        `${baseSha}..${tipSha}`,
      ],
    }),
    mustGit({ gitDir, args: ['rev-parse', '--verify', `${baseSha}^{tree}`] }),
  ]);
  if (!ancestor.ok && ancestor.problem.exitCode !== 1) {
    throw new Error(`git merge-base ended with ${ancestor.problem.kind}: ${ancestor.problem.stderr.trim()}`);
  }
  const commits = listing
    .split('\0')
    .filter((record) => record !== '')
    .map(parseCommit)
    .toReversed();
  const leadsToBase = commits[0]?.parents[0] === baseSha;
  const tip = commits.at(-1);
  const chosen = leadsToBase || tip === undefined ? commits : [tip];
  return {
    isOnBase: ancestor.ok,
    commits: Number(count),
    baseTree: base.trim(),
    line: chosen.map(({ sha, tree, subject }) => ({ sha, tree, subject })),
  };
}

function parseCommit(record: string): RawCommit {
  const [sha = '', tree = '', parents = '', ...subject] = record.replace(/^\n/, '').split('\n');
  return { sha, tree, parents: parents.split(' '), subject: subject.join(' ') };
}
