import type { StreamEvent } from './stream-events.ts';
import type { ContentBlock, ModelReply, ModelRequest } from './model-script.ts';

/** A request of the Responses API as scripts see it: the same conversation in the form of the Messages API. */
export function toMessages(json: unknown): ModelRequest {
  const body = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const input = typeof body['input'] === 'string' ? [{ role: 'user', content: body['input'] }] : body['input'];
  const messages: ModelRequest['messages'] = [];
  for (const item of Array.isArray(input) ? (input as Record<string, unknown>[]) : []) {
    const { role, block } = readItem(item);
    const last = messages.at(-1);
    if (last?.role === role) {
      (last.content as ContentBlock[]).push(...block);
    } else {
      messages.push({ role, content: block });
    }
  }
  return {
    model: typeof body['model'] === 'string' ? body['model'] : '',
    max_tokens: Number(body['max_output_tokens'] ?? 4_096),
    messages,
    stream: body['stream'] === true,
  };
}

function readItem(item: Record<string, unknown>): { role: 'user' | 'assistant'; block: ContentBlock[] } {
  switch (item['type']) {
    case 'function_call':
      return { role: 'assistant', block: [{ type: 'tool_use', id: String(item['call_id']), name: item['name'] }] };
    case 'function_call_output': {
      const text = typeof item['output'] === 'string' ? item['output'] : JSON.stringify(item['output']);
      return {
        role: 'user',
        block: [{ type: 'tool_result', tool_use_id: String(item['call_id']), content: [{ type: 'text', text }] }],
      };
    }
    default: {
      const parts = typeof item['content'] === 'string' ? [{ text: item['content'] }] : item['content'];
      const block = (Array.isArray(parts) ? (parts as { text?: string }[]) : []).map(({ text }) => ({
        type: 'text',
        text: text ?? '',
      }));
      return { role: item['role'] === 'assistant' ? 'assistant' : 'user', block };
    }
  }
}

interface ScriptedResponse {
  readonly object: 'response';
  readonly output: Record<string, unknown>[];
  readonly [key: string]: unknown;
}

/** The reply as the Responses API answers without streaming. */
export function composeResponse(
  reply: ModelReply,
  as: {
    id: string;
    model: string;
    usage: { input: number; output: number; cacheRead: number };
    newId: (prefix: string) => string;
  },
): ScriptedResponse {
  const output: Record<string, unknown>[] = [];
  if (reply.text !== undefined) {
    const content = [{ type: 'output_text', text: reply.text, annotations: [] }];
    output.push({ type: 'message', id: as.newId('msg'), role: 'assistant', status: 'completed', content });
  }
  for (const { name, input } of reply.toolUse ?? []) {
    const call = { name, call_id: as.newId('call'), arguments: JSON.stringify(input) };
    output.push({ type: 'function_call', id: as.newId('fc'), status: 'completed', ...call });
  }
  return {
    id: as.id,
    object: 'response',
    created_at: 0,
    status: 'completed',
    model: as.model,
    output,
    usage: {
      input_tokens: as.usage.input + as.usage.cacheRead,
      input_tokens_details: { cached_tokens: as.usage.cacheRead },
      output_tokens: as.usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: as.usage.input + as.usage.cacheRead + as.usage.output,
    },
  };
}

/** The same response as the sequence of events that a stream has. */
export function responseEvents(response: ScriptedResponse): StreamEvent[] {
  const { output } = response;
  const begun = { ...response, status: 'in_progress', output: [], usage: null };
  const items = output.flatMap((item, index) => [
    { type: 'response.output_item.added', output_index: index, item: { ...item, status: 'in_progress' } },
    ...deltasOf(item).map((delta) => ({ ...delta, output_index: index, item_id: item['id'] })),
    { type: 'response.output_item.done', output_index: index, item },
  ]);
  return [{ type: 'response.created', response: begun }, ...items, { type: 'response.completed', response }].map(
    (event, number) => ({ ...event, sequence_number: number }),
  );
}

function deltasOf(item: Record<string, unknown>): { type: string; delta: string }[] {
  if (item['type'] === 'function_call') {
    return [{ type: 'response.function_call_arguments.delta', delta: String(item['arguments']) }];
  }
  const [part] = item['content'] as { text: string }[];
  return [{ type: 'response.output_text.delta', delta: part?.text ?? '' }];
}
