import { takeStart } from '../../../../protocol/index.ts';
import { refuse } from '../../refusal.ts';
import type { PromptFacts } from '../dialect.ts';

export type InputFacts = Pick<PromptFacts, 'images' | 'imageBytes' | 'opaque'>;
type MutableFacts = { -readonly [Key in keyof InputFacts]: InputFacts[Key] };
export type Wrong = ReturnType<typeof refuse>;
type Item = Readonly<Record<string, unknown>>;

/** What a conversation is made of when every tool runs in the worker. Nothing that the provider ran, and nothing it keeps. */
const ITEMS = new Set([
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'local_shell_call',
  'local_shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
]);
const TEXTS = new Set(['input_text', 'output_text', 'refusal', 'summary_text', 'reasoning_text', 'text']);
const DATA_URL = /^data:/;

/** Checks that every item is of an allowed type, and every image and file inline, and notes what bounds the tokens. */
export function checkInput(input: unknown): { wrong: Wrong } | { wrong: null; facts: InputFacts } {
  const facts: MutableFacts = { images: 0, imageBytes: 0, opaque: false };
  if (input === undefined || typeof input === 'string') {
    return { wrong: null, facts };
  }
  if (!Array.isArray(input)) {
    return { wrong: refuse('BAD_REQUEST', 'The field input must be a text or a list of items.') };
  }
  for (const item of input) {
    const wrong = isItem(item) ? checkItem(item, facts) : refuse('BAD_REQUEST', 'Every item of input is an object.');
    if (wrong !== null) {
      return { wrong };
    }
  }
  return { wrong: null, facts };
}

function checkItem(item: Item, facts: MutableFacts): Wrong | null {
  // A message may be written without its type
  const given = item['type'] ?? 'message';
  const type = typeof given === 'string' ? takeStart(given, 60) : 'unknown';
  if (!ITEMS.has(type)) {
    return refuse('FORBIDDEN_FIELD', `Items of type ${type} may not be sent through the door.`);
  }
  return checkParts(item['content'], facts) ?? checkParts(item['output'], facts);
}

function checkParts(parts: unknown, facts: MutableFacts): Wrong | null {
  if (!Array.isArray(parts)) {
    return null;
  }
  for (const part of parts) {
    const wrong = isItem(part) ? checkPart(part, facts) : refuse('BAD_REQUEST', 'Every part of content is an object.');
    if (wrong !== null) {
      return wrong;
    }
  }
  return null;
}

function checkPart(part: Item, facts: MutableFacts): Wrong | null {
  const type = typeof part['type'] === 'string' ? part['type'] : 'without a type';
  if (TEXTS.has(type)) {
    return null;
  }
  const data = type === 'input_image' ? part['image_url'] : part['file_data'];
  const isInline = typeof data === 'string' && (type === 'input_file' || DATA_URL.test(data));
  const elsewhere = ['file_id', 'file_url'].some((name) => part[name] !== undefined && part[name] !== null);
  if ((type !== 'input_image' && type !== 'input_file') || !isInline || elsewhere) {
    return refuse(
      'FORBIDDEN_FIELD',
      `A part of type ${takeStart(type, 60)} may not be sent; images and files must be inline, not by URL or id.`,
    );
  }
  if (type === 'input_image') {
    facts.images += 1;
    facts.imageBytes += data.length;
  } else {
    facts.opaque = true;
  }
  return null;
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
