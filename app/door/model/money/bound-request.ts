import { boundInput, boundOutputToken } from '../../../budget/price-request.ts';
import type { ModelPrice } from '../../../budget/prices.ts';
import type { NanoUsd } from '../../../task/task.ts';
import type { PromptFacts } from '../dialect.ts';

/** More than any current model charges for one image, whatever its size. */
const TOKENS_PER_IMAGE = 6_000;
/** What the provider adds of its own: the tool-use preamble, definitions of client tools, framing. */
const TOKENS_ADDED = 2_000;
/** Counting is an estimate by the provider's own words. */
const COUNT_MARGIN = 1.05;

/** Upper bounds of one request in nano-USD. */
export interface RequestBound {
  readonly inputNano: NanoUsd;
  readonly outputTokenNano: number;
}

/**
 * The most the prompt can cost. No token of a byte-level tokenizer is shorter than a byte, so the bytes of the body bound
 * the tokens of its text; and no prompt is longer than the context window. With `countedTokens` (the provider's own
 * count) the bound is much closer.
 */
export function boundRequest(price: ModelPrice, prompt: PromptFacts, countedTokens?: number): RequestBound {
  const fromBytes = prompt.bytes - prompt.imageBytes + prompt.images * TOKENS_PER_IMAGE + TOKENS_ADDED;
  const uncounted = prompt.opaque ? price.contextTokens : fromBytes;
  const estimated = countedTokens === undefined ? uncounted : Math.ceil(countedTokens * COUNT_MARGIN) + TOKENS_ADDED;
  const bound = {
    inputTokens: Math.min(estimated, price.contextTokens),
    oneHourCache: prompt.oneHourCache,
  };
  return { inputNano: boundInput(price, bound), outputTokenNano: boundOutputToken(price, bound) };
}

export function boundTotal(bound: RequestBound, maxTokens: number): NanoUsd {
  return Math.ceil(bound.inputNano + maxTokens * bound.outputTokenNano);
}

/** How many tokens of output still fit, or null when not even `least` do. */
export function fitOutput(
  bound: RequestBound,
  { usableNano, wanted, least }: { usableNano: NanoUsd; wanted: number; least: number },
): number | null {
  const room = usableNano - bound.inputNano;
  if (room < 0) {
    return null;
  }
  const fits = bound.outputTokenNano === 0 ? wanted : Math.min(wanted, Math.floor(room / bound.outputTokenNano));
  return fits >= Math.min(least, wanted) ? fits : null;
}
