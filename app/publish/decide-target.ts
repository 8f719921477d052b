import type { PullFacts } from '../github/github.ts';

export interface TargetFacts {
  /** Commit we want there. */
  readonly headSha: string;
  /** Commit the branch has at GitHub; null when there is no such branch. */
  readonly remoteSha: string | null;
  /** Commit we pushed to it last; null when never. */
  readonly lastPushedSha: string | null;
  readonly pull: Pick<PullFacts, 'state' | 'number'> | null;
  readonly isPullOurs: boolean;
}

export type TargetDecision =
  | { readonly do: 'push' }
  /** It is there: an earlier try got so far. */
  | { readonly do: 'go_on' }
  /** The branch or its pull request is someone else's: publish beside it. */
  | { readonly do: 'beside'; readonly why: string }
  | { readonly do: 'stop'; readonly state: 'closed' | 'merged'; readonly number: number };

/** Where the work may go, so that nothing of anyone is overwritten, reopened or taken over. */
export function decideTarget(facts: TargetFacts): TargetDecision {
  const { headSha, lastPushedSha, pull, remoteSha } = facts;
  if (pull !== null && !facts.isPullOurs && pull.state === 'open') {
    return { do: 'beside', why: `pull request ${pull.number} of someone else uses the branch` };
  }
  // What git confirmed is there, even when the API does not show it yet, or a person has added to it or deleted it since.
  if (remoteSha === headSha || lastPushedSha === headSha) {
    return { do: 'go_on' };
  }
  if (pull !== null && facts.isPullOurs && pull.state !== 'open') {
    return { do: 'stop', state: pull.state, number: pull.number };
  }
  if (remoteSha === null || remoteSha === lastPushedSha) {
    return { do: 'push' };
  }
  return { do: 'beside', why: `the branch is at ${remoteSha.slice(0, 12)}, which Bosun did not push` };
}
