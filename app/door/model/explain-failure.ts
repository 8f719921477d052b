import type { ModelProblem } from '../door-options.ts';
import type { Refusal } from '../refusal.ts';
import { decideCost, NO_COST } from './money/decide-cost.ts';
import type { Cost, CostBounds } from './money/decide-cost.ts';
import type { Forwarded } from './upstream/forward.ts';

export interface ExplainedFailure {
  readonly refusal: Refusal;
  readonly cost: Cost;
  /** For admission: nothing should start on this key for now. */
  readonly problem: ModelProblem | null;
}

/** What a request without an answer means for the worker, its cost and the operator. `paid` is null for a free request. */
export function explainFailure(
  forwarded: Exclude<Forwarded, { kind: 'answer' }>,
  { now, paid }: { now: Date; paid: (CostBounds & { readonly stream: boolean }) | null },
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
          message: `The model provider did not accept the request after several attempts (${forwarded.status ?? 'not reached'}). Save the work and finish.`,
        },
        cost: NO_COST,
        problem: { kind: 'unavailable', status: forwarded.status, at: now },
      };
    case 'lost':
      return {
        refusal: {
          code: 'MODEL_UNAVAILABLE',
          message: 'The connection to the model provider was lost before the response arrived. Send the request again.',
          retryAfterS: 1,
        },
        cost: costOfNoAnswer(forwarded.why === 'timeout' ? 'given_up' : 'cut', paid),
        problem: null,
      };
    case 'stopped':
      return {
        refusal: {
          code: 'MODEL_UNAVAILABLE',
          message: 'The request timed out. Send it again if it is still needed.',
          retryAfterS: 1,
        },
        // During a pause between two tries nothing is being generated
        cost: forwarded.waiting ? NO_COST : costOfNoAnswer('given_up', paid),
        problem: null,
      };
  }
}

function costOfNoAnswer(ending: 'cut' | 'given_up', paid: (CostBounds & { readonly stream: boolean }) | null): Cost {
  return paid === null ? NO_COST : decideCost({ ending, streamed: paid.stream, facts: null }, paid);
}
