import { z } from 'zod';

/** Prices of one model in nano-USD per token (1 USD per million tokens = 1,000), fractions allowed. */
export interface TokenRates {
  readonly input: number;
  readonly output: number;
  /** Writing the prompt cache for five minutes and for one hour. */
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
}

export interface ModelPrice extends TokenRates {
  /** Most tokens a prompt can have; the provider refuses more, so no request can cost more than this. */
  readonly contextTokens: number;
  /** Other rates for every token of a request whose prompt is longer than `aboveTokens`. */
  readonly longPrompt?: TokenRates & { readonly aboveTokens: number };
}

export type PriceTable = ReadonlyMap<string, ModelPrice>;

/**
 * Prices by model id.
 *
 * Source: Anthropic's public list, https://platform.claude.com/docs/en/about-claude/pricing and the overview page of each
 * model, as of 2026-11-20. Standard tier, global inference, no batch or fast mode (the door lets none of them through).
 * Model ids: the `Model` type of `@anthropic-ai/sdk` 1.11.
 *
 * Less certain: the cache prices of `claude-fable-5-2`, which are computed with the usual factors (1.25, 2 and 0.1 of the
 * input price). Left out because no price was found: `claude-mythos-preview`, `claude-mythos-5-2`. Workspaces that pin the
 * region of inference pay a surcharge. The operator corrects or adds any row with price overrides.
 */
export const PRICES: PriceTable = new Map<string, ModelPrice>([
  ['claude-fable-5-2', fromUsd({ input: 8, output: 40 })],
  ['claude-fable-5-1', fromUsd({ input: 10, output: 50, cacheRead: 0.25 })],
  ['claude-mythos-5-1', fromUsd({ input: 10, output: 50, cacheRead: 0.25 })],
  ['claude-fable-5', fromUsd({ input: 10, output: 50 })],
  ['claude-mythos-5', fromUsd({ input: 10, output: 50 })],
  ['claude-opus-5-5', fromUsd({ input: 4, output: 20, cacheRead: 0.2 })],
  ['claude-opus-5', fromUsd({ input: 5, output: 25 })],
  ['claude-opus-4-8', fromUsd({ input: 5, output: 25 })],
  ['claude-opus-4-7', fromUsd({ input: 5, output: 25 })],
  ['claude-opus-4-6', fromUsd({ input: 5, output: 25 })],
  ['claude-opus-4-5', fromUsd({ input: 5, output: 25, contextTokens: 200_000 })],
  ['claude-sonnet-5-5', fromUsd({ input: 2, output: 10, cacheRead: 0.1 })],
  ['claude-sonnet-5', fromUsd({ input: 2, output: 10 })],
  ['claude-sonnet-4-6', fromUsd({ input: 3, output: 15 })],
  ['claude-sonnet-4-5', fromUsd({ input: 3, output: 15, contextTokens: 200_000 })],
  [
    'claude-haiku-5-5',
    {
      ...fromUsd({ input: 0.1, output: 0.5 }),
      longPrompt: { aboveTokens: 100_000, ...ratesFromUsd({ input: 0.5, output: 2.5 }) },
    },
  ],
  ['claude-haiku-4-5', fromUsd({ input: 1, output: 5, contextTokens: 200_000 })],
]);

/** The price of a model id; a dated id (`claude-haiku-4-5-20251001`) has the price of the undated one. */
export function findPrice(prices: PriceTable, model: string): ModelPrice | null {
  return prices.get(model) ?? prices.get(model.replace(/-\d{8}$/, '')) ?? null;
}

const UsdPerMillion = z.number().min(0).max(100_000);
/** The price of one model as an operator writes it, in USD per million tokens. */
export const PriceRow = z.strictObject({
  input: UsdPerMillion,
  output: UsdPerMillion,
  cache_write_5m: UsdPerMillion.optional(),
  cache_write_1h: UsdPerMillion.optional(),
  cache_read: UsdPerMillion.optional(),
  context_tokens: z.number().int().min(1_000).max(100_000_000).optional(),
});
export type PriceRow = z.infer<typeof PriceRow>;

export type ParsedPrices =
  | { readonly ok: true; readonly prices: PriceTable }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The table with the operator's rows in place of, or beside, the built-in ones. `json` is an object from model id to USD
 * per million tokens: `{"my-model": {"input": 0, "output": 0}}`. Left out, cache writes cost 1.25 and 2 times the input
 * price and cache reads as much as input, so that an unknown provider is never counted too low.
 */
export function parsePriceOverrides(json: string): ParsedPrices {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    return { ok: false, problems: [`Prices are not valid JSON: ${(error as Error).message}. ${EXAMPLE}`] };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { ok: false, problems: [`Prices must be a JSON object from model id to prices. ${EXAMPLE}`] };
  }
  const prices = new Map(PRICES);
  const problems: string[] = [];
  for (const [model, row] of Object.entries(parsed)) {
    const override = PriceRow.safeParse(row);
    if (!override.success) {
      problems.push(...override.error.issues.map((issue) => describeIssue(model, issue)));
      continue;
    }
    prices.set(model, parsePriceRow(override.data));
  }
  return problems.length === 0 ? { ok: true, prices } : { ok: false, problems };
}

/** Left out, cache writes cost 1.25 and 2 times the input price and cache reads as much as input. */
export function parsePriceRow(usd: PriceRow): ModelPrice {
  return fromUsd({
    input: usd.input,
    output: usd.output,
    cacheRead: usd.cache_read ?? usd.input,
    ...(usd.cache_write_5m === undefined ? {} : { cacheWrite5m: usd.cache_write_5m }),
    ...(usd.cache_write_1h === undefined ? {} : { cacheWrite1h: usd.cache_write_1h }),
    ...(usd.context_tokens === undefined ? {} : { contextTokens: usd.context_tokens }),
  });
}

const EXAMPLE = 'Write for example {"my-model": {"input": 3, "output": 15}}, in USD per million tokens.';

function describeIssue(model: string, issue: z.core.$ZodIssue): string {
  const place = [model, ...issue.path.map(String)].join('.');
  return `Price of ${place}: ${issue.message}. ${EXAMPLE}`;
}

interface UsdRates {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  readonly cacheRead?: number;
}

function fromUsd(usd: UsdRates & { contextTokens?: number }): ModelPrice {
  return { ...ratesFromUsd(usd), contextTokens: usd.contextTokens ?? 1_000_000 };
}

function ratesFromUsd(usd: UsdRates): TokenRates {
  return {
    input: perToken(usd.input),
    output: perToken(usd.output),
    cacheWrite5m: perToken(usd.cacheWrite5m ?? usd.input * 1.25),
    cacheWrite1h: perToken(usd.cacheWrite1h ?? usd.input * 2),
    cacheRead: perToken(usd.cacheRead ?? usd.input * 0.1),
  };
}

/** USD per million tokens as nano-USD per token, rounded to a millionth so that no binary fraction lingers. */
function perToken(usdPerMillion: number): number {
  return Math.round(usdPerMillion * 1e9) / 1e6;
}
