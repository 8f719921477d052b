import { takeStart } from '../../../../protocol/index.ts';
import { refuse } from '../../refusal.ts';
import type { Checked } from '../../refusal.ts';

/** What the content means for the bound of its tokens. */
export interface ContentFacts {
  /** Images inside, and the bytes of their data, which says nothing about their tokens. */
  readonly images: number;
  readonly imageBytes: number;
  /** A PDF or the like inside: its tokens cannot be told from its bytes. */
  readonly opaque: boolean;
  /** Whether anything asks for the one-hour cache. */
  readonly oneHourCache: boolean;
}

type MutableFacts = { -readonly [Key in keyof ContentFacts]: ContentFacts[Key] };
type Block = Readonly<Record<string, unknown>>;
type Wrong = ReturnType<typeof refuse>;

const BLOCKS = new Set([
  'text',
  'image',
  'document',
  'search_result',
  'thinking',
  'redacted_thinking',
  'tool_use',
  'tool_result',
  'tool_reference',
]);
/** `url` and `file` make the provider fetch; they are how data would leave or enter unseen. */
const SOURCES = new Set(['base64', 'text', 'content']);
const ROLES = new Set(['user', 'assistant', 'system']);

/**
 * Walks system, messages and tools: every block is of an allowed type and every source is inline. The input of a tool
 * call is the model's own JSON and is not looked into.
 */
export function checkContent(fields: {
  readonly messages: readonly unknown[];
  readonly system?: unknown;
  readonly tools?: readonly unknown[] | undefined;
  readonly cache_control?: unknown;
}): Checked<ContentFacts> {
  const facts: MutableFacts = { images: 0, imageBytes: 0, opaque: false, oneHourCache: false };
  noteCache(fields, facts);
  for (const tool of fields.tools ?? []) {
    noteCache(tool as Block, facts);
  }
  const wrong = checkBlocks(fields.system, facts, 0) ?? checkMessages(fields.messages, facts);
  return wrong ?? { ok: true, value: facts };
}

function checkMessages(messages: readonly unknown[], facts: MutableFacts): Wrong | null {
  for (const message of messages) {
    if (!isBlock(message)) {
      return refuse('BAD_REQUEST', 'Every message must be an object with role and content.');
    }
    const extra = Object.keys(message).find((key) => key !== 'role' && key !== 'content');
    if (extra !== undefined) {
      return refuse('FORBIDDEN_FIELD', `The field messages[].${takeStart(extra, 60)} may not be sent. Leave it out.`);
    }
    if (typeof message['role'] !== 'string' || !ROLES.has(message['role'])) {
      return refuse('BAD_REQUEST', 'The role of a message must be user, assistant or system.');
    }
    const wrong = checkBlocks(message['content'], facts, 0);
    if (wrong !== null) {
      return wrong;
    }
  }
  return null;
}

function checkBlocks(content: unknown, facts: MutableFacts, depth: number): Wrong | null {
  if (content === undefined || content === null || typeof content === 'string') {
    return null;
  }
  if (!Array.isArray(content) || depth > 4) {
    return refuse('BAD_REQUEST', 'Content must be text or a list of blocks.');
  }
  for (const block of content) {
    const wrong = isBlock(block)
      ? checkBlock(block, facts, depth)
      : refuse('BAD_REQUEST', 'Every block of content must be an object with a type.');
    if (wrong !== null) {
      return wrong;
    }
  }
  return null;
}

function checkBlock(block: Block, facts: MutableFacts, depth: number): Wrong | null {
  const type = typeof block['type'] === 'string' ? takeStart(block['type'], 60) : 'unknown';
  if (typeof block['type'] !== 'string' || !BLOCKS.has(block['type'])) {
    return refuse('FORBIDDEN_FIELD', `Blocks of type ${type} may not be sent through the door.`);
  }
  noteCache(block, facts);
  const caller = block['caller'];
  if (isBlock(caller) && caller['type'] !== 'direct') {
    return refuse('FORBIDDEN_FIELD', 'Tool calls made by a tool of the provider may not be sent through the door.');
  }
  if (type === 'image' || type === 'document') {
    return checkSource(block, facts, depth);
  }
  return type === 'tool_result' || type === 'search_result' ? checkBlocks(block['content'], facts, depth + 1) : null;
}

function checkSource(block: Block, facts: MutableFacts, depth: number): Wrong | null {
  const source = block['source'];
  if (!isBlock(source) || typeof source['type'] !== 'string' || !SOURCES.has(source['type'])) {
    return refuse(
      'FORBIDDEN_FIELD',
      'Images and documents must be sent inline; sources by URL or file are not allowed.',
    );
  }
  if (source['type'] === 'content') {
    return checkBlocks(source['content'], facts, depth + 1);
  }
  if (typeof source['data'] !== 'string') {
    return refuse('BAD_REQUEST', 'The source of an image or a document needs its data as text.');
  }
  if (block['type'] === 'image') {
    facts.images += 1;
    facts.imageBytes += source['data'].length;
  } else if (source['type'] === 'base64') {
    facts.opaque = true;
  }
  return null;
}

function noteCache(holder: Block, facts: MutableFacts): void {
  const control = holder['cache_control'];
  if (isBlock(control) && control['ttl'] !== undefined && control['ttl'] !== '5m') {
    facts.oneHourCache = true;
  }
}

function isBlock(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
