import { priceRequest } from '../../../budget/price-request.ts';
import type { RequestTokens } from '../../../budget/price-request.ts';
import type { ModelPrice } from '../../../budget/prices.ts';
import type { Usage } from '../../../store/stores.ts';
import type { NanoUsd } from '../../../task/task.ts';
import type { Relayed } from '../upstream/relay-answer.ts';

/** Fewer bytes of output than this seldom make a token, counted in the framed JSON of a stream. */
const BYTES_PER_TOKEN = 3;

export interface Cost {
  readonly costNano: NanoUsd;
  readonly usage: Usage;
}

export const NO_COST: Cost = {
  costNano: 0,
  usage: { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 },
};

/**
 * What an answered request is settled to. The provider's own numbers where its last word was seen; the reserved sum where
 * nobody waited for it or it says nothing; after a cut the prompt as reported (or its bound) and the output that came.
 */
export function decideCost(
  relayed: Relayed,
  request: { price: ModelPrice; upperNano: NanoUsd; inputNano: NanoUsd; maxTokens: number },
): Cost {
  const { ending, seen } = relayed;
  if (seen.tokens !== null && seen.complete) {
    return { costNano: priceRequest(request.price, seen.tokens), usage: toUsage(seen.tokens) };
  }
  if (ending !== 'cut') {
    return { costNano: request.upperNano, usage: seen.tokens === null ? NO_COST.usage : toUsage(seen.tokens) };
  }
  const guessed = Math.min(request.maxTokens, Math.ceil(seen.outputBytes / BYTES_PER_TOKEN));
  if (seen.tokens === null) {
    return { costNano: request.inputNano, usage: NO_COST.usage };
  }
  const tokens = { ...seen.tokens, outputTokens: Math.max(seen.tokens.outputTokens, guessed) };
  return { costNano: priceRequest(request.price, tokens), usage: toUsage(tokens) };
}

function toUsage(tokens: RequestTokens): Usage {
  return {
    inputTokens: tokens.inputTokens,
    outputTokens: tokens.outputTokens,
    cacheWriteTokens: tokens.cacheWrite5mTokens + tokens.cacheWrite1hTokens,
    cacheReadTokens: tokens.cacheReadTokens,
  };
}
