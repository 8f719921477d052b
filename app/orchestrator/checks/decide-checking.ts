import type { CheckedResult } from '../../../protocol/index.ts';
import type { InconclusiveCause } from '../../task/checks/check.ts';
import type { SessionEnd } from '../../task/outcome.ts';
import { decideRunning, type RunningFacts } from '../decide-running.ts';

export type CheckingDecision =
  | { readonly do: 'wait'; readonly until: Date }
  | { readonly do: 'stop'; readonly why: Extract<SessionEnd, { kind: 'stopped' }>['why'] }
  /** The session is over; checks that it did not report ended as `cause` says, or all of them for `everything`. */
  | {
      readonly do: 'go_on';
      readonly cause: InconclusiveCause;
      readonly note: string;
      readonly lacks: 'one' | 'everything';
      /** It only seems to be gone. */
      readonly silent: boolean;
    };

export interface CheckingFacts extends RunningFacts {
  readonly attempt: RunningFacts['attempt'] & { readonly checkedResult: CheckedResult | null };
  readonly startedAt: Date;
}

/**
 * What to do about a check session. The clocks and wishes of a running attempt hold for it too. A session that is gone
 * costs the check it was at, and nothing of the work.
 */
export function decideChecking(facts: CheckingFacts, now: Date): CheckingDecision {
  const { attempt, session, task } = facts;
  if (task.stop !== null) {
    return { do: 'stop', why: task.stop.kind };
  }
  const ended = attempt.checkedResult;
  if (ended !== null) {
    const note = ended.reason ?? 'the session ended before this check';
    const lacks = ended.ending === 'error' ? 'everything' : 'one';
    return { do: 'go_on', cause: ended.ending === 'error' ? 'not_run' : 'died', note, lacks, silent: false };
  }
  if (session.kind === 'exited') {
    const cause = session.outOfMemory ? 'out_of_memory' : 'died';
    return { do: 'go_on', cause, note: session.outputTail, lacks: 'one', silent: false };
  }
  const decision = decideRunning(
    {
      ...facts,
      attempt: {
        ...attempt,
        result: null,
        heartbeatAt: later(attempt.heartbeatAt, facts.startedAt),
        progressAt: later(attempt.progressAt, facts.startedAt),
      },
    },
    now,
  );
  switch (decision.do) {
    case 'wait':
    case 'stop':
      return decision;
    case 'lost':
      return { do: 'go_on', cause: 'died', note: decision.why, lacks: 'one', silent: decision.silent };
    case 'end':
      return { do: 'go_on', cause: 'died', note: 'the worker ended early', lacks: 'one', silent: false };
  }
}

function later(known: Date | null, from: Date): Date {
  return known !== null && known > from ? known : from;
}
