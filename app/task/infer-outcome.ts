import { wasCancelled } from './cancelled.ts';
import { describeOutcome, failed, inferPublished, type Conclude, type Published } from './conclude.ts';
import type { Failure } from './failure.ts';
import { inferFailure } from './infer-failure.ts';
import type { OutcomeFacts, Verdict } from './outcome.ts';

/**
 * Concludes how an attempt ended. For a change, what counts is what GitHub holds: a success is a branch whose head is
 * the commit the publisher pushed for this very attempt, with its pull request. The worker's own account only explains
 * why there is nothing, or why what there is may be incomplete. A person's wish comes first, then what stopped the work,
 * then what became of it, which `conclude` of the task type decides.
 */
export function inferOutcome(facts: OutcomeFacts, conclude: Conclude): Verdict {
  const published = inferPublished(facts);
  if (facts.session.kind === 'nothing_to_do') {
    const outcome = { ...describeOutcome(facts, 'nothing_to_do'), summary: facts.session.reason };
    return { to: 'COMPLETED', outcome };
  }
  const verdict = inferStop(facts, published) ?? inferPause(facts, published);
  if (verdict !== null) {
    return verdict;
  }
  const cause = inferFailure(facts);
  const held = inferHold(facts, cause);
  if (held !== null) {
    return held;
  }
  if (cause !== null) {
    return failed(facts, { published, cause, to: isLate(facts) ? 'TIMED_OUT' : 'FAILED' });
  }
  return conclude(facts, published);
}

function inferStop(facts: OutcomeFacts, published: Published): Verdict | null {
  const { publish, session } = facts;
  const cancelled =
    wasCancelled({ stop: facts.stop ?? null, session }) || (publish.kind === 'nothing' && publish.why === 'cancelled');
  // Past the push there is no way back: a cancel that comes later is too late, and the work is reported as it is.
  if (!cancelled || published.kind === 'held') {
    return null;
  }
  return { to: 'CANCELLED', outcome: describeOutcome(facts, 'cancelled') };
}

/** Ends that a person or money can lift: the task waits, its work kept. */
function inferPause(facts: OutcomeFacts, published: Published): Verdict | null {
  const { publish, result, session } = facts;
  if (publish.kind === 'failed' || published.kind === 'broken') {
    return null;
  }
  const outcome = describeOutcome(facts, published.kind === 'held' ? 'partial' : 'failed');
  const wait = (reason: 'budget' | 'human' | 'paused', note: string): Verdict => ({
    to: 'SUBMITTED',
    outcome: reason === 'human' ? { ...outcome, kind: 'question' } : outcome,
    reason,
    note,
  });
  if (isPaused(facts)) {
    return wait('paused', 'Paused by a person; `/resume` continues from here.');
  }
  if (session.kind !== 'finished' || result === null) {
    return null;
  }
  if (isOutOfBudget(facts)) {
    return wait('budget', 'The budget of the task is used up; `/budget +5` adds money and continues from here.');
  }
  if (result.ending === 'question' && facts.modelCalls > 0) {
    return wait('human', 'The agent has a question; answer it, then `/resume`.');
  }
  return null;
}

/** Failures after which the task continues on its own, so that nobody has to be asked about work in between. */
const PASSING: readonly string[] = ['MODEL_UNAVAILABLE', 'MODEL_AUTH'];

/** Work that a person has to look at before it leaves; how the attempt ended otherwise counts once it is released. */
function inferHold(facts: OutcomeFacts, cause: Failure | null): Verdict | null {
  const { publish } = facts;
  if (publish.kind !== 'held' || (cause !== null && PASSING.includes(cause.code))) {
    return null;
  }
  const { commit: subject, excerpt, findings } = publish;
  const what = findings.length === 1 ? 'something' : `${findings.length} things`;
  const why = cause === null ? '' : ` ${cause.title}; this is the work so far.`;
  return {
    to: 'SUBMITTED',
    outcome: describeOutcome(facts, 'held'),
    reason: 'approval',
    note: `A person has to look at ${what} in the change before it is pushed.${why}`,
    ask: { subject, excerpt, findings },
  };
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
