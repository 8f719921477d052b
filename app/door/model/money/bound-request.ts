import { boundInput, boundOutputToken } from '../../../budget/price-request.ts';
import type { ModelPrice } from '../../../budget/prices.ts';
import type { NanoUsd } from '../../../task/task.ts';
import type { CheckedBody } from '../body/check-body.ts';

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
export function boundRequest(
  price: ModelPrice,
  request: { body: CheckedBody; bytes: number; countedTokens?: number },
): RequestBound {
  const { content } = request.body;
  const fromBytes = request.bytes - content.imageBytes + content.images * TOKENS_PER_IMAGE + TOKENS_ADDED;
  const estimated =
    request.countedTokens === undefined
      ? tokensOf(content.opaque, fromBytes, price)
      : Math.ceil(request.countedTokens * COUNT_MARGIN) + TOKENS_ADDED;
  const prompt = {
    inputTokens: Math.min(estimated, price.contextTokens),
    oneHourCache: content.oneHourCache,
  };
  return { inputNano: boundInput(price, prompt), outputTokenNano: boundOutputToken(price, prompt) };
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

function tokensOf(opaque: boolean, fromBytes: number, price: ModelPrice): number {
  return opaque ? price.contextTokens : fromBytes;
}
