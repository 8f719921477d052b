import { parseWholeJson } from '../ask/parse-whole-json.ts';
import type { QuestionFormat } from '../dialect.ts';

const ANSWER = 'answer';

/**
 * A question as a tool that has to be called. Servers such as Ollama ignore `tool_choice`, so JSON that is the whole of the
 * text is taken as well.
 */
export const anthropicQuestion: QuestionFormat = {
  path: '/v1/messages',
  compose: ({ model, system, user, schema, maxTokens }) => ({
    model,
    system,
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: user }],
    tools: [{ name: ANSWER, description: 'Gives the answer. Call it exactly once.', input_schema: schema }],
    tool_choice: { type: 'tool', name: ANSWER },
  }),
  read(answer) {
    const content = (answer as { content?: unknown } | null)?.content;
    const blocks = Array.isArray(content) ? (content as Record<string, unknown>[]) : [];
    const call = blocks.find((block) => block?.['type'] === 'tool_use' && block['name'] === ANSWER);
    const texts = blocks.filter((block) => block?.['type'] === 'text').map((block) => block['text']);
    return call === undefined ? parseWholeJson(texts.join('')) : call['input'];
  },
};
