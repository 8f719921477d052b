import { parseWholeJson } from '../ask/parse-whole-json.ts';
import type { QuestionFormat } from '../dialect.ts';

/** A question with a format for the text of its answer. */
export const openaiQuestion: QuestionFormat = {
  path: '/v1/responses',
  compose: ({ model, system, user, schema, maxTokens }) => ({
    model,
    instructions: system,
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: user }] }],
    max_output_tokens: maxTokens,
    text: { format: { type: 'json_schema', name: 'answer', schema, strict: false } },
    store: false,
  }),
  read(answer) {
    const output = (answer as { output?: unknown } | null)?.output;
    const items = Array.isArray(output) ? (output as Record<string, unknown>[]) : [];
    const parts = items
      .filter((item) => item?.['type'] === 'message' && Array.isArray(item['content']))
      .flatMap((item) => item['content'] as Record<string, unknown>[]);
    const texts = parts.filter((part) => part?.['type'] === 'output_text').map((part) => part['text']);
    return parseWholeJson(texts.join(''));
  },
};
