import { APIConnectionError, APIError, APIUserAbortError, AnthropicError } from '@anthropic-ai/sdk';
import { DOOR_CODES, takeStart } from '../../protocol/index.ts';

/** What a failed request to a model means for the agent. */
export type ModelProblem =
  | { readonly kind: 'stopped' }
  /** The door keeps a slice back for coming to an end, and now gives it. */
  | { readonly kind: 'wrap_up' }
  | { readonly kind: 'too_long'; readonly reason: string }
  /** The answer broke off or made no sense; the same request may well be answered. */
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'budget' | 'model_error'; readonly code: string; readonly reason: string };

/** Reads the door's or the provider's refusal. Anything that is no refusal of a model is thrown on. */
export function classifyModelError(error: unknown): ModelProblem {
  if (error instanceof APIUserAbortError) {
    return { kind: 'stopped' };
  }
  if (error instanceof APIConnectionError || !(error instanceof APIError)) {
    return brokenAnswer(error);
  }
  const { type, message } = readBody(error.error);
  const reason = takeStart(message ?? error.message, 1_000);
  const status = error.status as number | undefined;
  if (type === 'BUDGET_WRAP_UP') {
    return { kind: 'wrap_up' };
  }
  if (type === 'BUDGET_EXHAUSTED') {
    return { kind: 'budget', code: type, reason };
  }
  if (type === 'STALE_EPOCH' || type === 'UNKNOWN_TOKEN') {
    return { kind: 'stopped' };
  }
  if (status === 400 && /too long|too many (total )?tokens|context (window|length)/i.test(reason)) {
    return { kind: 'too_long', reason };
  }
  // Without a status it came in the middle of a stream
  return status === undefined
    ? { kind: 'broken', reason }
    : { kind: 'model_error', code: codeOf(type, status), reason };
}

/** What a cut connection leaves behind: an error of the SDK, of `fetch`, or half a line of JSON. */
function brokenAnswer(error: unknown): ModelProblem {
  const isKnown = error instanceof AnthropicError || error instanceof TypeError || error instanceof SyntaxError;
  if (!isKnown) {
    throw error;
  }
  return { kind: 'broken', reason: takeStart(error.message, 1_000) };
}

function codeOf(type: string | undefined, status: number): string {
  if (type !== undefined && type in DOOR_CODES) {
    return type;
  }
  if (status === 401 || status === 403) {
    return 'MODEL_AUTH';
  }
  return status === 429 || status >= 500 ? 'MODEL_UNAVAILABLE' : 'MODEL_REFUSED';
}

/** `{ "type": "error", "error": { "type", "message" } }`, as door and provider write it; a stream's error event looks the same. */
function readBody(body: unknown): { type?: string; message?: string } {
  const inner = (body as { error?: unknown } | null | undefined)?.error ?? body;
  const { type, message } = (inner ?? {}) as { type?: unknown; message?: unknown };
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  };
}
