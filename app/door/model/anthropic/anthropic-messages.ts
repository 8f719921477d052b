import type { Checked } from '../../refusal.ts';
import type { CountCall, Dialect, IncomingCall, ModelRequest, UpstreamCall } from '../dialect.ts';
import { passedBetas } from './betas.ts';
import { checkBody } from './check-body.ts';
import { readAnswer } from './read-answer.ts';
import { serializeBody, withMaxTokens } from './serialize-body.ts';
import { anthropicQuestion } from './anthropic-question.ts';

const MESSAGES = '/v1/messages';
const COUNT_TOKENS = '/v1/messages/count_tokens';
const DEFAULT_VERSION = '2023-06-01';

/** Fields the counting endpoint takes. */
const COUNTED = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'cache_control',
  'output_config',
  'context_management',
] as const;

/** The Messages API of Anthropic, which many other providers and local servers speak too. */
export const anthropicMessages: Dialect = {
  name: 'anthropic',
  endpoints: new Map([
    [MESSAGES, 'generate'],
    [COUNT_TOKENS, 'count'],
  ]),
  parse,
  question: anthropicQuestion,
  readAnswer,
  writeRefusal: ({ code, message }) => ({ type: 'error', error: { type: code, message } }),
  probe: (model) => ({
    path: COUNT_TOKENS,
    headers: headersOf({}, []),
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  }),
};

function parse(json: unknown, { headers, query }: IncomingCall): Checked<ModelRequest> {
  const betas = passedBetas(headers);
  const checked = checkBody(json);
  if (!checked.ok) {
    return checked;
  }
  const body = checked.value;
  const serialized = serializeBody(body.fields);
  if (!serialized.ok) {
    return serialized;
  }
  const common = { headers: headersOf(headers, betas) };
  const suffix = query.get('beta') === 'true' ? '?beta=true' : '';
  return {
    ok: true,
    value: {
      model: body.model,
      stream: body.stream,
      maxOutputTokens: body.maxTokens,
      thinks: body.fields['thinking'] !== undefined,
      prompt: { bytes: Buffer.byteLength(serialized.value), ...body.content },
      generate: (maxOutputTokens): UpstreamCall => ({
        ...common,
        path: `${MESSAGES}${suffix}`,
        body: withMaxTokens(serialized.value, body, maxOutputTokens),
      }),
      count: countCall(body.fields, { ...common, path: `${COUNT_TOKENS}${suffix}` }),
    },
  };
}

function countCall(fields: Readonly<Record<string, unknown>>, call: Omit<UpstreamCall, 'body'>): CountCall {
  const counted = COUNTED.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]);
  return {
    get call(): UpstreamCall {
      return { ...call, body: JSON.stringify(Object.fromEntries(counted)) };
    },
    read(json): number | null {
      const tokens = (json as { input_tokens?: unknown } | null)?.input_tokens;
      return typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : null;
    },
  };
}

/**
 * Headers for the provider, written again: only the API version and known betas of the worker's headers are passed on.
 */
function headersOf(headers: IncomingCall['headers'], betas: readonly string[]): Record<string, string> {
  const version = headers['anthropic-version'];
  return {
    'anthropic-version': typeof version === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(version) ? version : DEFAULT_VERSION,
    ...(betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') }),
  };
}
