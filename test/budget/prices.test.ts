import { describe, expect, test } from 'vitest';
import { boundInput, boundOutputToken, priceRequest } from '../../app/budget/price-request.ts';
import { findPrice, parsePriceOverrides, PRICES } from '../../app/budget/prices.ts';
import type { ModelPrice } from '../../app/budget/prices.ts';
import { DEFAULTS } from '../../app/config/defaults.ts';

const NOTHING = { inputTokens: 0, outputTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, cacheReadTokens: 0 };

function priceOf(model: string): ModelPrice {
  const price = findPrice(PRICES, model);
  expect(price).not.toBeNull();
  return price as ModelPrice;
}

describe('the price table', () => {
  test('knows the default model', () => {
    expect(findPrice(PRICES, DEFAULTS.model)).toMatchObject({ input: 2_000, output: 10_000 });
  });

  test('gives a dated id the price of the undated one and an unknown id none', () => {
    expect(findPrice(PRICES, 'claude-haiku-4-5-20251001')).toBe(findPrice(PRICES, 'claude-haiku-4-5'));
    expect(findPrice(PRICES, 'gpt-7')).toBeNull();
    expect(findPrice(PRICES, '')).toBeNull();
  });

  test('has no row that makes cached or written tokens free, and none that reads dearer than it writes', () => {
    for (const [model, price] of PRICES) {
      expect([model, price.cacheRead > 0 && price.cacheRead < price.input]).toEqual([model, true]);
      expect([model, price.input < price.cacheWrite5m && price.cacheWrite5m < price.cacheWrite1h]).toEqual([
        model,
        true,
      ]);
    }
  });

  test('holds whole nano-USD where the list has decimals', () => {
    expect(priceOf('claude-haiku-5-5')).toMatchObject({
      input: 100,
      cacheWrite5m: 125,
      cacheWrite1h: 200,
      cacheRead: 10,
    });
    expect(priceOf('claude-fable-5-1').cacheRead).toBe(250);
  });
});

describe('a request', () => {
  test('costs each kind of token at its own rate', () => {
    const tokens = {
      inputTokens: 1,
      outputTokens: 10,
      cacheWrite5mTokens: 100,
      cacheWrite1hTokens: 1_000,
      cacheReadTokens: 10_000,
    };
    expect(priceRequest(priceOf('claude-sonnet-5'), tokens)).toBe(2_000 + 100_000 + 250_000 + 4_000_000 + 2_000_000);
  });

  test('of a million tokens costs exactly the listed price', () => {
    expect(priceRequest(priceOf('claude-sonnet-5'), { ...NOTHING, inputTokens: 1_000_000 })).toBe(2_000_000_000);
  });

  test('is rounded up, never down', () => {
    const price = { ...priceOf('claude-sonnet-5'), input: 0.4 };
    expect(priceRequest(price, { ...NOTHING, inputTokens: 1 })).toBe(1);
    expect(priceRequest(price, { ...NOTHING, inputTokens: 5 })).toBe(2);
  });

  test('with a long prompt costs the long rates for all of it, cached tokens counted in', () => {
    const price = priceOf('claude-haiku-5-5');
    const edge = { ...NOTHING, inputTokens: 60_000, cacheReadTokens: 40_000, outputTokens: 10 };
    expect(priceRequest(price, edge)).toBe(60_000 * 100 + 40_000 * 10 + 10 * 500);
    expect(priceRequest(price, { ...edge, cacheReadTokens: 40_001 })).toBe(60_000 * 500 + 40_001 * 50 + 10 * 2_500);
  });

  test('is bounded by the dearest rate its prompt may get', () => {
    const price = priceOf('claude-haiku-5-5');
    expect(boundInput(price, { inputTokens: 100_000, oneHourCache: false })).toBe(100_000 * 125);
    expect(boundInput(price, { inputTokens: 100_001, oneHourCache: true })).toBe(100_001 * 1_000);
    expect(boundOutputToken(price, { inputTokens: 100_001, oneHourCache: true })).toBe(2_500);
  });
});

describe('price overrides', () => {
  test('add a free local model, replace a row and leave the rest', () => {
    const parsed = parsePriceOverrides(
      '{"qwen": {"input": 0, "output": 0}, "claude-opus-5": {"input": 6, "output": 30}}',
    );
    expect(parsed.ok).toBe(true);
    const prices = parsed.ok ? parsed.prices : PRICES;
    expect(findPrice(prices, 'qwen')).toMatchObject({ input: 0, output: 0, cacheWrite1h: 0, cacheRead: 0 });
    expect(findPrice(prices, 'claude-opus-5')).toMatchObject({ input: 6_000, cacheWrite5m: 7_500, cacheRead: 6_000 });
    expect(findPrice(prices, 'claude-sonnet-5')).toBe(findPrice(PRICES, 'claude-sonnet-5'));
  });

  test('take every price and the context window', () => {
    const json =
      '{"m": {"input": 1, "output": 2, "cache_write_5m": 3, "cache_write_1h": 4, "cache_read": 0.0375, "context_tokens": 8000}}';
    const parsed = parsePriceOverrides(json);
    expect(parsed.ok && parsed.prices.get('m')).toEqual({
      input: 1_000,
      output: 2_000,
      cacheWrite5m: 3_000,
      cacheWrite1h: 4_000,
      cacheRead: 37.5,
      contextTokens: 8_000,
    });
  });

  test.each([
    ['not json', 'not valid JSON'],
    ['[]', 'a JSON object'],
    ['{"m": {"input": 1}}', 'Price of m.output'],
    ['{"m": {"input": -1, "output": 1}}', 'Price of m.input'],
    ['{"m": {"input": "3", "output": 1}}', 'Price of m.input'],
    ['{"m": {"input": 1, "output": 1, "ouput": 2}}', 'ouput'],
    ['{"m": 3}', 'Price of m:'],
  ])('that are wrong say where and what to write instead: %s', (json, expected) => {
    const parsed = parsePriceOverrides(json);
    expect(parsed.ok).toBe(false);
    const text = parsed.ok ? '' : parsed.problems.join('\n');
    expect(text).toContain(expected);
    expect(text).toContain('{"my-model": {"input": 3, "output": 15}}');
  });

  test('name every mistake at once', () => {
    const parsed = parsePriceOverrides('{"a": {"input": -1, "output": -1}, "b": {}}');
    expect(parsed.ok ? [] : parsed.problems).toHaveLength(4);
  });
});
