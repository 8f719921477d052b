import { wellFormedJson } from '../../../../protocol/index.ts';
import { refuse } from '../../refusal.ts';
import type { Checked } from '../../refusal.ts';
import type { CountCall, Dialect, ModelRequest, UpstreamCall } from '../dialect.ts';
import { checkResponses } from './check-responses.ts';
import { readResponses } from './read-responses.ts';
import { openaiQuestion } from './openai-question.ts';

const RESPONSES = '/v1/responses';
const INPUT_TOKENS = '/v1/responses/input_tokens';

/** Fields that the counting endpoint takes. */
const COUNTED = ['model', 'input', 'instructions', 'tools', 'tool_choice', 'reasoning', 'text', 'truncation'] as const;

/** The Responses API of OpenAI, which Codex speaks and other providers and local servers offer too. */
export const openaiResponses: Dialect = {
  name: 'openai',
  endpoints: new Map([[RESPONSES, 'generate']]),
  parse,
  question: openaiQuestion,
  readAnswer: readResponses,
  writeRefusal: ({ code, message }) => ({ error: { type: code, code, message, param: null } }),
  probe: (model) => ({ path: INPUT_TOKENS, headers: {}, body: JSON.stringify({ model, input: 'Hello' }) }),
};

function parse(json: unknown): Checked<ModelRequest> {
  const checked = checkResponses(json);
  if (!checked.ok) {
    return checked;
  }
  const { fields, facts, model, stream, maxOutputTokens, thinks } = checked.value;
  const text = serialize(fields);
  if (text === null) {
    return refuse('BAD_REQUEST', 'The body is nested too deeply.');
  }
  return {
    ok: true,
    value: {
      model,
      stream,
      maxOutputTokens,
      thinks,
      prompt: { bytes: Buffer.byteLength(text), oneHourCache: false, ...facts },
      generate: (most): UpstreamCall => ({
        path: RESPONSES,
        headers: {},
        body: `${text.slice(0, -1)},"max_output_tokens":${most}}`,
      }),
      count: countCall(fields),
    },
  };
}

function serialize(fields: Readonly<Record<string, unknown>>): string | null {
  try {
    return wellFormedJson(JSON.stringify(fields));
  } catch {
    return null;
  }
}

function countCall(fields: Readonly<Record<string, unknown>>): CountCall {
  const counted = COUNTED.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]);
  return {
    get call(): UpstreamCall {
      return { path: INPUT_TOKENS, headers: {}, body: wellFormedJson(JSON.stringify(Object.fromEntries(counted))) };
    },
    read(json): number | null {
      const tokens = (json as { input_tokens?: unknown } | null)?.input_tokens;
      return typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : null;
    },
  };
}
