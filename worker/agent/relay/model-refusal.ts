import { DOOR_CODES, takeStart } from '../../../protocol/index.ts';
import type { ModelDialect } from '../../../protocol/index.ts';
import type { AgentEnding } from '../agent.ts';

/** Why a model did not answer: a code of the door, or of the relay where the turns are used up. */
export interface ModelRefusal {
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

export const TURNS_USED: ModelRefusal = {
  code: 'MAX_TURNS',
  message: 'All turns of this task are used. No further request is possible.',
  status: 403,
};

/** Refusals after which no further request can succeed, whatever it asks for. */
const FINAL = new Set([
  'BUDGET_EXHAUSTED',
  'BUDGET_WRAP_UP',
  'MAX_TURNS',
  'STALE_EPOCH',
  'UNKNOWN_TOKEN',
  'MODEL_AUTH',
  'MODEL_UNAVAILABLE',
]);

export function isFinal({ code }: ModelRefusal): boolean {
  return FINAL.has(code);
}

/** Reads the body of an answer that is not a success, in the error shape of either format. */
export function readRefusal(status: number, body: string): ModelRefusal {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = null;
  }
  const error = (json as { error?: unknown } | null)?.error as { type?: unknown; code?: unknown; message?: unknown };
  const names = [error?.code, error?.type].filter((name) => typeof name === 'string');
  const code = names.find((name) => name in DOOR_CODES) ?? names[0] ?? 'MODEL_REFUSED';
  const message = typeof error?.message === 'string' ? error.message : `the model was refused with status ${status}`;
  return { code: takeStart(code, 100), message: takeStart(message, 1_000), status };
}

/**
 * The refusal as the agent is given it. Agents repeat a request or not by its status, each in its own way: Claude Code takes
 * 403 for a wrong login and stops at 402; Codex repeats both and stops at 429.
 */
export function writeRefusal(refusal: ModelRefusal, dialect: ModelDialect): { status: number; body: unknown } {
  const { code, message } = refusal;
  const final = isFinal(refusal);
  return dialect === 'anthropic'
    ? { status: final ? 402 : refusal.status, body: { type: 'error', error: { type: code, message } } }
    : { status: final ? 429 : refusal.status, body: { error: { type: code, code, message, param: null } } };
}

/** What a refusal that ended an agent means for its task. */
export function endingOf(refusal: ModelRefusal): Pick<AgentEnding, 'ending' | 'code' | 'reason'> {
  const { code, message: reason } = refusal;
  switch (code) {
    case 'BUDGET_EXHAUSTED':
    case 'BUDGET_WRAP_UP':
      return { ending: 'budget', code, reason };
    case 'MAX_TURNS':
      return { ending: 'max_turns' };
    case 'STALE_EPOCH':
    case 'UNKNOWN_TOKEN':
      return { ending: 'stopped' };
    default:
      return { ending: 'model_error', code, reason };
  }
}
