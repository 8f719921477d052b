import { wellFormedJson } from '../../../../protocol/index.ts';
import { refuse } from '../../refusal.ts';
import type { Checked } from '../../refusal.ts';
import type { CheckedBody } from './check-body.ts';

const LEAST_THINKING_TOKENS = 1_024;

/**
 * The checked fields as JSON. Written again, so that no duplicate key, odd escape or half of a character reaches the
 * provider.
 */
export function serializeBody(fields: Readonly<Record<string, unknown>>): Checked<string> {
  try {
    return { ok: true, value: wellFormedJson(JSON.stringify(fields)) };
  } catch {
    return refuse('BAD_REQUEST', 'The body is nested too deeply.');
  }
}

/** The JSON of a body with its `max_tokens`; a thinking budget that no longer fits below it is lowered with it. */
export function withMaxTokens(json: string, body: CheckedBody, maxTokens: number): string {
  const thinking = body.fields['thinking'] as Readonly<Record<string, unknown>> | undefined;
  const budget = thinking?.['budget_tokens'];
  const isLowered = body.maxTokens === null || maxTokens < body.maxTokens;
  if (isLowered && typeof budget === 'number' && budget >= maxTokens) {
    const fitting = Math.max(LEAST_THINKING_TOKENS, maxTokens - LEAST_THINKING_TOKENS);
    const lowered = { ...body.fields, thinking: { ...thinking, budget_tokens: fitting }, max_tokens: maxTokens };
    return wellFormedJson(JSON.stringify(lowered));
  }
  return `${json.slice(0, -1)},"max_tokens":${maxTokens}}`;
}
