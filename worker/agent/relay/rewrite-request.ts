import type { ModelDialect } from '../../../protocol/index.ts';

/** The endpoints that generate, by the format they speak. Everything else that an agent asks for costs nothing. */
const GENERATE: ReadonlyMap<string, ModelDialect> = new Map([
  ['/v1/messages', 'anthropic'],
  ['/v1/responses', 'openai'],
]);

export function dialectOf(path: string): ModelDialect | null {
  return GENERATE.get(path) ?? null;
}

/**
 * A request with one more sentence for the model at its end. A body that is not understood is left alone: to refuse it is
 * the business of the door.
 */
export function addSentence(body: Buffer, dialect: ModelDialect, sentence: string): Buffer {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return body;
  }
  if (!isFields(json)) {
    return body;
  }
  const added = dialect === 'anthropic' ? addMessage(json, sentence) : addInput(json, sentence);
  return added === null ? body : Buffer.from(JSON.stringify(added));
}

type Fields = Record<string, unknown>;

/** Roles alternate here, so that the sentence joins the last message where that is the user's. */
function addMessage(json: Fields, sentence: string): Fields | null {
  const messages = json['messages'];
  if (!Array.isArray(messages)) {
    return null;
  }
  const block = { type: 'text', text: sentence };
  const last: unknown = messages.at(-1);
  if (!isFields(last) || last['role'] !== 'user') {
    return { ...json, messages: [...(messages as unknown[]), { role: 'user', content: [block] }] };
  }
  const { content } = last;
  const before: unknown[] = typeof content === 'string' ? [{ type: 'text', text: content }] : asList(content);
  return { ...json, messages: [...messages.slice(0, -1), { ...last, content: [...before, block] }] };
}

function addInput(json: Fields, sentence: string): Fields | null {
  const { input } = json;
  const before: unknown[] =
    typeof input === 'string'
      ? [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }]
      : asList(input);
  const message = { type: 'message', role: 'user', content: [{ type: 'input_text', text: sentence }] };
  return { ...json, input: [...before, message] };
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
