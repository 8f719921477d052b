import type { WorkerResult } from '../../protocol/index.ts';
import { failure, type Failure } from './failure.ts';
import type { OutcomeFacts } from './outcome.ts';

/** After so many lost attempts the loss itself is the failure. */
const MANY_LOST_ATTEMPTS = 3;

/**
 * What went wrong before or beside the work itself; null when the worker did its job to the end. An outcome nobody could
 * publish counts first, because that is what a person can mend.
 */
export function inferFailure(facts: OutcomeFacts): Failure | null {
  if (facts.publish.kind === 'failed') {
    return facts.publish.failure;
  }
  return inferSessionFailure(facts) ?? inferResultFailure(facts);
}

function inferSessionFailure(facts: OutcomeFacts): Failure | null {
  const { result, session } = facts;
  switch (session.kind) {
    case 'finished':
    case 'nothing_to_do':
      return null;
    case 'stopped':
      if (session.why === 'idle') {
        return failure('IDLE_TIMEOUT');
      }
      return session.why === 'timeout' ? failure('TASK_TIMEOUT') : null;
    case 'exited':
      if (session.outOfMemory) {
        return failure('WORKER_OUT_OF_MEMORY');
      }
      if ((facts.lostAttempts ?? 0) >= MANY_LOST_ATTEMPTS) {
        return failure('ATTEMPTS_EXHAUSTED');
      }
      if (result !== null) {
        return null;
      }
      if (session.exitCode === 0 && facts.modelCalls === 0) {
        return failure('NO_MODEL_CALLS');
      }
      return failure('WORKER_LOST', `It ended with exit code ${session.exitCode ?? 'unknown'} and no report.`);
  }
}

function inferResultFailure(facts: OutcomeFacts): Failure | null {
  const { result, session } = facts;
  const byPerson = session.kind === 'stopped' || (facts.stop ?? null) !== null;
  switch (result?.ending) {
    case undefined:
      return facts.modelCalls === 0 && !byPerson ? failure('NO_MODEL_CALLS') : null;
    case 'done':
    case 'question':
    case 'budget':
      return facts.modelCalls === 0 && !isEarlierWork(facts) ? failure('NO_MODEL_CALLS', result.reason) : null;
    case 'max_turns':
      return facts.modelCalls === 0 ? failure('NO_MODEL_CALLS', result.reason) : failure('MAX_TURNS', result.reason);
    case 'stopped':
      return byPerson ? null : failure('TASK_TIMEOUT', result.reason);
    case 'setup_failed':
      return failure('SETUP_FAILED', result.reason ?? result.setup?.outputTail);
    case 'model_error':
      return inferModelFailure(result);
    case 'agent_error':
      return failure(AGENT_FAILURES.get(result.code ?? '') ?? 'AGENT_ERROR', result.reason);
    case 'error':
      return failure('INTERNAL', result.reason);
  }
}

/** What ended an agent without being its own fault, by the code it reports. */
const AGENT_FAILURES = new Map<string, 'AGENT_NOT_FOUND' | 'MODEL_NO_ANSWER' | 'MODEL_DECLINED'>([
  ['AGENT_NOT_FOUND', 'AGENT_NOT_FOUND'],
  ['EMPTY_ANSWER', 'MODEL_NO_ANSWER'],
  ['CUT_OFF', 'MODEL_NO_ANSWER'],
  ['REFUSAL', 'MODEL_DECLINED'],
]);

/** Opening the pull request of commits that an earlier task pushed takes no model. */
function isEarlierWork({ publish }: OutcomeFacts): boolean {
  return publish.kind === 'pushed' && publish.isEarlier === true;
}

function inferModelFailure(result: WorkerResult): Failure {
  const detail = [result.code, result.reason].filter((part) => part !== undefined).join(': ') || undefined;
  switch (result.code) {
    case 'MODEL_AUTH':
      return failure('MODEL_AUTH', detail);
    case 'MODEL_UNAVAILABLE':
    case 'TOO_MANY_REQUESTS':
      return failure('MODEL_UNAVAILABLE', detail);
    case 'UNKNOWN_MODEL':
    case 'NO_PRICE':
      return failure('MODEL_UNKNOWN', detail);
    case 'STALE_EPOCH':
    case 'UNKNOWN_TOKEN':
      return failure('WORKER_LOST', detail);
    case 'STORE_UNAVAILABLE':
      return failure('INTERNAL', detail);
    default:
      return failure('MODEL_REFUSED', detail);
  }
}
