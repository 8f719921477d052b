import type { NanoUsd } from '../task/task.ts';
import type { ModelPrice, TokenRates } from './prices.ts';

/** Tokens of one model request as the provider reports them; `inputTokens` does not contain the cached ones. */
export interface RequestTokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly cacheReadTokens: number;
}

/** What the request cost, rounded up to a whole nano-USD. */
export function priceRequest(price: ModelPrice, tokens: RequestTokens): NanoUsd {
  const promptTokens =
    tokens.inputTokens + tokens.cacheWrite5mTokens + tokens.cacheWrite1hTokens + tokens.cacheReadTokens;
  const rates = ratesOf(price, promptTokens);
  return roundUp(
    tokens.inputTokens * rates.input +
      tokens.cacheWrite5mTokens * rates.cacheWrite5m +
      tokens.cacheWrite1hTokens * rates.cacheWrite1h +
      tokens.cacheReadTokens * rates.cacheRead +
      tokens.outputTokens * rates.output,
  );
}

/** The most a prompt of at most `inputTokens` can cost, before output: every token at the dearest rate it may get. */
export function boundInput(price: ModelPrice, prompt: PromptBound): NanoUsd {
  return roundUp(prompt.inputTokens * Math.max(...boundRates(price, prompt).map((rates) => dearest(rates, prompt))));
}

/** The most one token of output can cost after such a prompt. */
export function boundOutputToken(price: ModelPrice, prompt: PromptBound): number {
  return Math.max(...boundRates(price, prompt).map((rates) => rates.output));
}

export interface PromptBound {
  readonly inputTokens: number;
  /** Whether the request asks for the one-hour cache, which is the dearest to write. */
  readonly oneHourCache: boolean;
}

function ratesOf(price: ModelPrice, promptTokens: number): TokenRates {
  return price.longPrompt !== undefined && promptTokens > price.longPrompt.aboveTokens ? price.longPrompt : price;
}

/** A prompt that may be long may as well turn out short, and nothing says that the long rates are the dearer ones. */
function boundRates(price: ModelPrice, prompt: PromptBound): TokenRates[] {
  return ratesOf(price, prompt.inputTokens) === price ? [price] : [price, ratesOf(price, prompt.inputTokens)];
}

function dearest(rates: TokenRates, prompt: PromptBound): number {
  return Math.max(rates.input, rates.cacheRead, rates.cacheWrite5m, prompt.oneHourCache ? rates.cacheWrite1h : 0);
}

/** Up, but not because of a binary fraction that decimal prices leave behind. */
function roundUp(nano: number): NanoUsd {
  return Math.ceil(Math.round(nano * 1e3) / 1e3);
}
