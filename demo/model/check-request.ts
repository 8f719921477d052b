import type { ContentBlock, ModelRequest } from './model-script.ts';

/** Why the provider would answer 400, or undefined when the request is fine. */
export function checkRequest(body: unknown, version: string | undefined): string | undefined {
  if (version === undefined) {
    return 'anthropic-version: header is required';
  }
  if (typeof body !== 'object' || body === null) {
    return 'The request body is not valid JSON.';
  }
  const request = body as ModelRequest;
  if (typeof request.model !== 'string' || request.model === '') {
    return 'model: Field required';
  }
  if (!Array.isArray(request.messages) || request.messages.length === 0) {
    return 'messages: at least one message is required';
  }
  const sampling = ['temperature', 'top_p', 'top_k'].find((name) => request[name] !== undefined);
  if (sampling && version >= '2026-10-21') {
    return `${sampling}: not supported with anthropic-version ${version}`;
  }
  return checkToolResults(request);
}

/** Every tool call has to be answered in the message right behind it. */
function checkToolResults({ messages }: ModelRequest): string | undefined {
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'assistant' || index === messages.length - 1) {
      continue;
    }
    const asked = blocks(message.content).filter(({ type }) => type === 'tool_use');
    const answered = new Set(blocks(messages[index + 1]?.content).map((block) => block.tool_use_id));
    const open = asked.filter(({ id }) => !answered.has(id));
    if (open.length > 0) {
      const ids = open.map(({ id }) => id).join(', ');
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids}.`;
    }
  }
  return undefined;
}

function blocks(content: unknown): ContentBlock[] {
  return Array.isArray(content) ? (content as ContentBlock[]) : [];
}
