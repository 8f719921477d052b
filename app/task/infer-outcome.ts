import { wasCancelled } from './cancelled.ts';
import { failure, type Failure } from './failure.ts';
import { inferFailure } from './infer-failure.ts';
import type { Outcome, OutcomeFacts, Verdict } from './outcome.ts';

/** Commits and files the publisher pushed, and whether GitHub holds exactly that, with a pull request. */
type Published =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'held' }
  /** Pushed, but GitHub does not show it as it should be. */
  | { readonly kind: 'broken'; readonly failure: Failure };

/**
 * Concludes how an attempt ended. What counts is what GitHub holds: a success is a branch whose head is the commit the
 * publisher pushed for this very attempt, with its pull request. The worker's own account only tells why there is
 * nothing, or why what there is may be incomplete. A person's wish comes first, then what stopped the work, then what
 * became of it.
 */
export function inferOutcome(facts: OutcomeFacts): Verdict {
  const published = inferPublished(facts);
  const verdict = inferStop(facts, published) ?? inferPause(facts, published);
  if (verdict !== null) {
    return verdict;
  }
  const cause = inferFailure(facts);
  if (cause !== null) {
    return failed(facts, { published, cause, to: isLate(facts) ? 'TIMED_OUT' : 'FAILED' });
  }
  return inferWork(facts, published);
}

function inferStop(facts: OutcomeFacts, published: Published): Verdict | null {
  const { publish, session } = facts;
  const cancelled =
    wasCancelled({ stop: facts.stop ?? null, session }) || (publish.kind === 'nothing' && publish.why === 'cancelled');
  // Past the push there is no way back: a cancel that comes later is too late, and the work is reported as it is.
  if (!cancelled || published.kind === 'held') {
    return null;
  }
  return { to: 'CANCELLED', outcome: describe(facts, 'cancelled') };
}

/** Ends that a person or money can lift: the task waits, its work kept. */
function inferPause(facts: OutcomeFacts, published: Published): Verdict | null {
  const { publish, result, session } = facts;
  if (publish.kind === 'failed' || published.kind === 'broken') {
    return null;
  }
  const outcome = describe(facts, published.kind === 'held' ? 'partial' : 'failed');
  const wait = (reason: 'budget' | 'human' | 'paused', note: string): Verdict => ({
    to: 'SUBMITTED',
    outcome: reason === 'human' ? { ...outcome, kind: 'question' } : outcome,
    reason,
    note,
  });
  if (isPaused(facts)) {
    return wait('paused', 'Paused by a person; `/resume` goes on from here.');
  }
  if (session.kind !== 'finished' || result === null) {
    return null;
  }
  if (isOutOfBudget(facts)) {
    return wait('budget', 'The budget of the task is used up; `/budget +5` adds money and goes on from here.');
  }
  if (result.ending === 'question' && facts.modelCalls > 0) {
    return wait('human', 'The agent has a question; answer it, then `/resume`.');
  }
  return null;
}

function isPaused(facts: OutcomeFacts): boolean {
  const { result, session } = facts;
  const asked = session.kind === 'stopped' && session.why === 'pause';
  return asked || (facts.stop === 'pause' && session.kind === 'finished' && result?.ending === 'stopped');
}

function isOutOfBudget(facts: OutcomeFacts): boolean {
  const { result } = facts;
  return result?.ending === 'budget' || (result?.ending === 'model_error' && (result.code ?? '').startsWith('BUDGET_'));
}

function isLate(facts: OutcomeFacts): boolean {
  const { result, session } = facts;
  if (session.kind === 'stopped') {
    return session.why === 'timeout' || session.why === 'idle';
  }
  return session.kind === 'finished' && result?.ending === 'stopped';
}

/** The agent says it is done: what became of the work? */
function inferWork(facts: OutcomeFacts, published: Published): Verdict {
  const { publish } = facts;
  if (published.kind === 'held') {
    return { to: 'COMPLETED', outcome: describe(facts, 'published') };
  }
  if (published.kind === 'broken') {
    return failed(facts, { published, cause: published.failure, to: 'FAILED' });
  }
  if (publish.kind === 'nothing' && publish.why === 'dry_run') {
    return { to: 'COMPLETED', outcome: describe(facts, 'dry_run') };
  }
  if (publish.kind === 'withheld') {
    const lines = publish.withheld.map((item) => `${item.code}: ${item.message}`).join('\n');
    return failed(facts, { published, cause: failure(withheldCode(publish.withheld), lines), to: 'FAILED' });
  }
  const cause = failure('NO_CHANGES', facts.result?.summary || undefined);
  const verdict = failed(facts, { published, cause, to: 'FAILED' });
  return { ...verdict, outcome: describe(facts, 'no_changes') };
}

/** Work that does not stand on the base has to be done again; everything else may be mended or taken by hand. */
function withheldCode(withheld: readonly { readonly code: string }[]): 'GATE_REJECTED' | 'WITHHELD' {
  const structural = ['NOT_ON_BASE', 'COMMITS_TOO_MANY'];
  return withheld.every((item) => structural.includes(item.code)) ? 'GATE_REJECTED' : 'WITHHELD';
}

function failed(
  facts: OutcomeFacts,
  ending: { published: Published; cause: Failure; to: 'FAILED' | 'TIMED_OUT' },
): Extract<Verdict, { to: 'FAILED' | 'TIMED_OUT' }> {
  const kind = ending.published.kind === 'nothing' ? 'failed' : 'partial';
  return { to: ending.to, outcome: describe(facts, kind), failure: ending.cause };
}

function inferPublished(facts: OutcomeFacts): Published {
  const { github, publish } = facts;
  if (publish.kind !== 'pushed') {
    return { kind: 'nothing' };
  }
  if (github === null) {
    return {
      kind: 'broken',
      failure: failure('GITHUB_UNAVAILABLE', 'The branch was pushed, but could not be read back.'),
    };
  }
  // A merge may delete the branch: what was merged was published.
  if (github.branchSha === publish.headSha || github.pull?.state === 'merged') {
    return github.pull === null ? { kind: 'broken', failure: failure('PULL_REQUEST_REJECTED') } : { kind: 'held' };
  }
  if (github.branchSha === null) {
    return { kind: 'broken', failure: failure('PULL_REQUEST_CLOSED', 'The branch was deleted after it was pushed.') };
  }
  const detail = `The branch is at ${github.branchSha}, and ${publish.headSha} was pushed.`;
  return { kind: 'broken', failure: failure('BRANCH_MOVED', detail) };
}

function describe(facts: OutcomeFacts, kind: Outcome['kind']): Outcome {
  const { publish, result } = facts;
  const work = publish.kind === 'pushed' ? publish : (publish.kept ?? null);
  return {
    kind,
    filesChanged: work?.filesChanged ?? 0,
    commits: work?.commits ?? 0,
    verified: verified(facts),
    summary: result?.summary ?? '',
    questions: result?.ending === 'question' ? result.questions : [],
    withheld: publish.kind === 'withheld' ? publish.withheld : [],
    turns: result?.turns ?? 0,
  };
}

function verified(facts: OutcomeFacts): Outcome['verified'] {
  const verify = facts.result?.verify;
  if (verify === undefined) {
    return 'not_run';
  }
  return verify.exitCode === 0 ? 'passed' : 'failed';
}
