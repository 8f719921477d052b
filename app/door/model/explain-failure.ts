import type { ModelProblem } from '../door-options.ts';
import type { Refusal } from '../refusal.ts';
import { NO_COST } from './money/decide-cost.ts';
import type { Cost } from './money/decide-cost.ts';
import type { Forwarded } from './upstream/forward.ts';
import type { Reservation } from './money/reserve.ts';

export interface ExplainedFailure {
  readonly refusal: Refusal;
  readonly cost: Cost;
  /** For admission: nothing should start on this key for now. */
  readonly problem: ModelProblem | null;
}

/** What a request without an answer means: for the worker, for the money, for the operator. */
export function explainFailure(
  forwarded: Exclude<Forwarded, { kind: 'answer' }>,
  { now, reservation }: { now: Date; reservation: Reservation | null },
): ExplainedFailure {
  switch (forwarded.kind) {
    case 'auth':
      return {
        refusal: {
          code: 'MODEL_AUTH',
          message: `The model provider refused the key of this server (${forwarded.status}). The operator must set a working one.`,
        },
        cost: NO_COST,
        problem: { kind: 'auth', status: forwarded.status, at: now },
      };
    case 'busy':
      return {
        refusal: {
          code: 'MODEL_UNAVAILABLE',
          message: `The model provider did not take the request (${forwarded.status ?? 'not reached'}), however often it was tried. Push what there is and finish.`,
        },
        cost: NO_COST,
        problem: { kind: 'unavailable', status: forwarded.status, at: now },
      };
    case 'lost':
      return {
        refusal: {
          code: 'MODEL_UNAVAILABLE',
          message: 'The connection to the model provider broke before its answer came. Send the request again.',
          retryAfterS: 1,
        },
        // It may have been read and billed; more is not known
        cost: reservation === null ? NO_COST : { ...NO_COST, costNano: reservation.inputNano },
        problem: null,
      };
    case 'stopped':
      return {
        refusal: {
          code: 'MODEL_UNAVAILABLE',
          message: 'The request was given up because its time was over. Send it again if it is still wanted.',
          retryAfterS: 1,
        },
        // While pausing nothing is under way; otherwise nobody knows what was generated
        cost: reservation === null || forwarded.waiting ? NO_COST : { ...NO_COST, costNano: reservation.upperNano },
        problem: null,
      };
  }
}
