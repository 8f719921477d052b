import type { RatedFinding } from './findings.ts';
import type { Task } from './task.ts';

export type ChainLink = 'implement' | 'review' | 'fix';

/** One task of a chain. */
export interface ChainStep {
  readonly link: ChainLink;
  readonly taskId: string;
}

/** What follows the task of an issue by itself: one row, moved on only from the task that it names. */
export interface Chain {
  /** The task of the issue. */
  readonly id: string;
  readonly pullNumber: number;
  /** What follows it, as the repository's file asks. */
  readonly links: readonly ('review' | 'fix')[];
  /** Those that began, the current one last. */
  readonly steps: readonly ChainStep[];
  readonly state: 'running' | 'passed' | 'human' | 'inconclusive' | 'stopped';
  /** Why it ended; one sentence for people. */
  readonly note: string | null;
}

/** After so many fixes a person looks at it. */
const MOST_FIXES = 2;

export type ChainDecision =
  | { readonly do: 'start'; readonly link: 'review' | 'fix' }
  | { readonly do: 'end'; readonly state: Exclude<Chain['state'], 'running'>; readonly note: string };

/**
 * What follows the task of a chain that has ended. Only what a reproduction confirmed starts a fix. A reviewer that could
 * not run is no reviewer that found nothing.
 */
export function decideChain(
  chain: Chain,
  ended: { readonly task: Pick<Task, 'state' | 'outcome' | 'failure'>; readonly findings: readonly RatedFinding[] },
): ChainDecision {
  const { findings, task } = ended;
  const link = chain.steps.at(-1)?.link ?? 'implement';
  const isDone = task.state === 'COMPLETED';
  if (task.state === 'CANCELLED') {
    return { do: 'end', state: 'stopped', note: 'A task of the chain was cancelled.' };
  }
  const why = task.failure?.title ?? 'It did not finish';
  switch (link) {
    case 'implement':
      return isDone && task.outcome?.kind === 'published' && chain.links.includes('review')
        ? { do: 'start', link: 'review' }
        : { do: 'end', state: 'stopped', note: `The task did not publish what it was asked for: ${why}.` };
    case 'review':
      return isDone
        ? decideReviewed(chain, findings)
        : { do: 'end', state: 'inconclusive', note: `The review could not run, so nobody looked at it: ${why}.` };
    case 'fix':
      return isDone && task.outcome?.kind === 'published'
        ? { do: 'start', link: 'review' }
        : { do: 'end', state: 'human', note: `The fix changed nothing: ${isDone ? 'see its answers' : why}.` };
  }
}

function decideReviewed(chain: Chain, findings: readonly RatedFinding[]): ChainDecision {
  const confirmed = findings.filter(({ status }) => status === 'confirmed').length;
  const suspected = findings.length - confirmed;
  if (confirmed === 0) {
    const note =
      suspected === 0 ? 'The review found nothing.' : `The review confirmed nothing and suspects ${suspected}.`;
    return { do: 'end', state: 'passed', note };
  }
  if (!chain.links.includes('fix')) {
    return { do: 'end', state: 'human', note: `The review confirmed ${confirmed}.` };
  }
  const fixes = chain.steps.filter(({ link }) => link === 'fix').length;
  return fixes < MOST_FIXES
    ? { do: 'start', link: 'fix' }
    : { do: 'end', state: 'human', note: `After ${MOST_FIXES} fixes the review still confirms ${confirmed}.` };
}
