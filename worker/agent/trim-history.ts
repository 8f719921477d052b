/** As much of a message as trimming looks at. */
interface Message {
  readonly role: string;
  readonly content?: unknown;
}

interface Block {
  readonly type?: string;
  readonly content?: unknown;
}

const KEEP_RESULTS = 12;
const SHORT_CHARACTERS = 400;
const PLACEHOLDER = '[An older result was removed to save room. Run the tool again if you need it.]';

/**
 * Makes room in a long conversation: the results of all but the latest tool calls give way to one sentence, and everything
 * else stays, so that each call keeps its answer. Costs one cache miss, and so is done seldom and thoroughly.
 */
export function trimHistory<M extends Message>(messages: readonly M[]): M[] {
  const results = messages.flatMap(({ content }) => blocksOf(content).filter(({ type }) => type === 'tool_result'));
  const old = new Set(results.slice(0, Math.max(0, results.length - KEEP_RESULTS)));
  return messages.map((message) =>
    blocksOf(message.content).some((block) => old.has(block))
      ? { ...message, content: blocksOf(message.content).map((block) => (old.has(block) ? shorten(block) : block)) }
      : message,
  );
}

function shorten(block: Block): Block {
  return JSON.stringify(block.content ?? '').length <= SHORT_CHARACTERS ? block : { ...block, content: PLACEHOLDER };
}

function blocksOf(content: unknown): readonly Block[] {
  return Array.isArray(content) ? (content as Block[]) : [];
}
