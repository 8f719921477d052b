import type { ModelReply, ModelUsage } from './model-script.ts';

export interface Message {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: MessageBlock[];
  stop_reason: string | null;
  stop_sequence: null;
  usage: Record<string, unknown>;
}

type MessageBlock =
  | { type: 'text'; text: string }
  | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> };

/** The reply as the Messages API answers without streaming. */
export function composeMessage(
  reply: ModelReply,
  as: { id: string; model: string; usage: ModelUsage; newToolId: () => string },
): Message {
  const content: MessageBlock[] = [];
  if (reply.text !== undefined) {
    content.push({ type: 'text', text: reply.text });
  }
  for (const { name, input } of reply.toolUse ?? []) {
    content.push({ type: 'tool_use', id: as.newToolId(), name, input });
  }
  return {
    id: as.id,
    type: 'message',
    role: 'assistant',
    model: as.model,
    content,
    stop_reason: reply.stopReason ?? (reply.toolUse?.length ? 'tool_use' : 'end_turn'),
    stop_sequence: null,
    usage: usageJson(as.usage),
  };
}

function usageJson(usage: ModelUsage): Record<string, unknown> {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheCreation,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheCreation, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.output,
    service_tier: 'standard',
  };
}

export interface StreamEvent {
  type: string;
  [key: string]: unknown;
}

/** The same reply as the sequence of events that a stream has. */
export function streamEvents(message: Message): StreamEvent[] {
  const start = { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } };
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = message.usage;
  return [
    { type: 'message_start', message: start },
    { type: 'ping' },
    ...message.content.flatMap(blockEvents),
    {
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens },
    },
    { type: 'message_stop' },
  ];
}

function blockEvents(block: MessageBlock, index: number): StreamEvent[] {
  const isText = block.type === 'text';
  const empty = isText ? { type: 'text', text: '' } : { ...block, input: {} };
  const pieces = isText ? slices(block.text, 24) : ['', ...slices(JSON.stringify(block.input), 40)];
  const deltas = pieces.map((piece) =>
    isText ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece },
  );
  return [
    { type: 'content_block_start', index, content_block: empty },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

/** Pieces of whole characters. */
function slices(text: string, size: number): string[] {
  const signs = Array.from(text);
  return Array.from({ length: Math.ceil(signs.length / size) }, (_, at) =>
    signs.slice(at * size, (at + 1) * size).join(''),
  );
}
