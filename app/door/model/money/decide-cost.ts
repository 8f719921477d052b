import { priceRequest } from '../../../budget/price-request.ts';
import type { RequestTokens } from '../../../budget/price-request.ts';
import type { ModelPrice } from '../../../budget/prices.ts';
import type { Usage } from '../../../store/stores.ts';
import type { NanoUsd } from '../../../task/task.ts';
import type { AnswerFacts } from '../dialect.ts';

/** Hardly any token of text is shorter, in any language. */
const LEAST_BYTES_PER_TOKEN = 2;

export interface Cost {
  readonly costNano: NanoUsd;
  readonly usage: Usage;
}

export const NO_COST: Cost = {
  costNano: 0,
  usage: { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 },
};

/** What is known of a request once it is over. */
export interface Answered {
  /** The answer came to its end; the provider cut it; or the door stopped reading it. */
  readonly ending: 'complete' | 'cut' | 'given_up';
  /** Whether output is sent while it is generated, so that what has not arrived was not generated. */
  readonly streamed: boolean;
  /** Null when no answer began. */
  readonly facts: AnswerFacts | null;
}

export interface CostBounds {
  readonly price: ModelPrice;
  readonly upperNano: NanoUsd;
  /** The most the prompt alone can cost. */
  readonly inputNano: NanoUsd;
  readonly maxTokens: number;
}

/**
 * What a request is settled to. The provider's final usage is the cost. Without it the reserved upper bound is charged,
 * because output that nobody saw may have been generated, with two exceptions in which that is evidently not so:
 * the provider reported an error in place of the end (what arrived is all there was), and a stream that ended before any
 * output (the prompt was read at most).
 */
export function decideCost({ ending, streamed, facts }: Answered, bounds: CostBounds): Cost {
  if (facts?.final === true && facts.tokens !== null) {
    return priced(facts.tokens, bounds.price);
  }
  if (facts !== null && facts.error !== null) {
    return costOfArrived(facts, bounds);
  }
  if (streamed && ending !== 'given_up' && facts?.begun !== true) {
    return facts === null || facts.tokens === null
      ? { ...NO_COST, costNano: bounds.inputNano }
      : priced({ ...facts.tokens, outputTokens: 0 }, bounds.price);
  }
  const usage = facts === null || facts.tokens === null ? NO_COST.usage : toUsage(facts.tokens);
  return { costNano: bounds.upperNano, usage };
}

/** The prompt as reported and the output that arrived; nothing when neither did, the bound for output without a prompt. */
function costOfArrived({ outputBytes, tokens, begun }: AnswerFacts, bounds: CostBounds): Cost {
  const { price, maxTokens } = bounds;
  if (tokens === null) {
    return begun ? { ...NO_COST, costNano: bounds.upperNano } : NO_COST;
  }
  const arrived = Math.min(maxTokens, Math.ceil(outputBytes / LEAST_BYTES_PER_TOKEN));
  return priced({ ...tokens, outputTokens: begun ? Math.max(tokens.outputTokens, arrived) : 0 }, price);
}

function priced(tokens: RequestTokens, price: ModelPrice): Cost {
  return { costNano: priceRequest(price, tokens), usage: toUsage(tokens) };
}

function toUsage(tokens: RequestTokens): Usage {
  return {
    inputTokens: tokens.inputTokens,
    outputTokens: tokens.outputTokens,
    cacheWriteTokens: tokens.cacheWrite5mTokens + tokens.cacheWrite1hTokens,
    cacheReadTokens: tokens.cacheReadTokens,
  };
}
