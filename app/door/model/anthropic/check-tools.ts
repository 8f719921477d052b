import { takeStart } from '../../../../protocol/index.ts';
import { refuse } from '../../refusal.ts';
import type { Checked } from '../../refusal.ts';

/** Tools the worker runs itself. Their definitions live at the provider, their execution does not. */
const CLIENT_TOOL = /^(custom|bash_\d{8}|text_editor_\d{8}|memory_\d{8})$/;

const TOOL_FIELDS = new Set([
  'name',
  'type',
  'description',
  'input_schema',
  'cache_control',
  'strict',
  'input_examples',
  'eager_input_streaming',
  'defer_loading',
  'max_characters',
]);

/**
 * Lets client tools through and nothing that the provider would run: web search and fetch, code execution, MCP and
 * whatever comes next would be a way out of a sandbox that has no network (T17).
 */
export function checkTools(tools: readonly unknown[]): Checked<null> {
  for (const tool of tools) {
    if (typeof tool !== 'object' || tool === null || Array.isArray(tool)) {
      return refuse('BAD_REQUEST', 'Every entry of tools must be an object.');
    }
    const { type, name, ...rest } = tool as Record<string, unknown>;
    const label = takeStart([type, name].find((part) => typeof part === 'string') ?? 'without a name', 100);
    if (type !== undefined && type !== null && (typeof type !== 'string' || !CLIENT_TOOL.test(type))) {
      return refuse(
        'FORBIDDEN_TOOL',
        `The tool ${label} is run by the provider; only tools the worker runs may be sent.`,
      );
    }
    if (typeof name !== 'string') {
      return refuse('BAD_REQUEST', 'Every tool needs a name.');
    }
    for (const [field, value] of Object.entries(rest)) {
      if (field === 'allowed_callers' ? !isDirectOnly(value) : !TOOL_FIELDS.has(field)) {
        return refuse(
          'FORBIDDEN_TOOL',
          `The field ${takeStart(field, 60)} of the tool ${label} may not be sent. Leave it out.`,
        );
      }
    }
  }
  return { ok: true, value: null };
}

function isDirectOnly(value: unknown): boolean {
  return Array.isArray(value) && value.every((caller) => caller === 'direct');
}
