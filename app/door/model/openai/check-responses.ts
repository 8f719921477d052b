import { takeStart } from '../../../../protocol/index.ts';
import { z } from 'zod';
import { refuse } from '../../refusal.ts';
import type { Checked } from '../../refusal.ts';
import { checkInput } from './check-input.ts';
import type { InputFacts, Wrong } from './check-input.ts';

/** A request of the Responses API that holds nothing but what a worker may ask for. */
export interface CheckedResponses {
  readonly model: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | null;
  readonly thinks: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly facts: InputFacts;
}

/**
 * The allow list. What is left out is left out for a reason: `previous_response_id`, `conversation`, `prompt` and
 * `background` keep or find things at the provider, `service_tier` costs what the bound does not know.
 */
const Body = z.strictObject({
  model: z.string().min(1).max(200),
  input: z.unknown().optional(),
  instructions: z.string().nullish(),
  tools: z.array(z.unknown()).max(1_000).optional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  reasoning: z
    .strictObject({
      effort: z.string().max(40).nullish(),
      summary: z.string().max(40).nullish(),
      context: z.string().max(40).nullish(),
    })
    .nullish(),
  text: z.strictObject({ format: z.unknown().optional(), verbosity: z.string().max(40).nullish() }).nullish(),
  include: z.array(z.literal('reasoning.encrypted_content')).nullish(),
  store: z.literal(false).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  prompt_cache_key: z.string().max(200).nullish(),
  // Taken and dropped: they name people, sessions or machines to the provider and change nothing
  client_metadata: z.unknown().optional(),
  metadata: z.unknown().optional(),
  safety_identifier: z.unknown().optional(),
  user: z.unknown().optional(),
});

/** Checks the body of a request and rebuilds it from the fields that were checked. */
export function checkResponses(json: unknown): Checked<CheckedResponses> {
  const parsed = Body.safeParse(json);
  if (!parsed.success) {
    return refuseIssue(parsed.error.issues[0]);
  }
  const {
    client_metadata: _client,
    metadata: _metadata,
    safety_identifier: _safety,
    user: _user,
    max_output_tokens: maxOutputTokens,
    ...fields
  } = parsed.data;
  const wrongTool = checkTools(fields.tools ?? []) ?? checkChoice(fields.tool_choice);
  if (wrongTool !== null) {
    return wrongTool;
  }
  const checked = checkInput(fields.input);
  if (checked.wrong !== null) {
    return checked.wrong;
  }
  return {
    ok: true,
    value: {
      model: fields.model,
      stream: fields.stream === true,
      maxOutputTokens: maxOutputTokens ?? null,
      // Most models of this API reason, whether or not the request says how much
      thinks: true,
      fields: { ...fields, store: false },
      facts: checked.facts,
    },
  };
}

/** Tools that the worker runs. A namespace only groups such tools. */
const CLIENT_TOOLS = new Set(['function', 'custom', 'local_shell', 'apply_patch']);

/** Web and file search, code interpreters, MCP and the like run at the provider: a way out of a worker without a network. */
function checkTools(tools: readonly unknown[], depth = 0): Wrong | null {
  for (const tool of tools) {
    if (typeof tool !== 'object' || tool === null || Array.isArray(tool)) {
      return refuse('BAD_REQUEST', 'Every entry of tools must be an object.');
    }
    const { type, tools: inner } = tool as { type?: unknown; tools?: unknown };
    const name = typeof type === 'string' ? type : 'without a type';
    if (name === 'namespace' && depth === 0 && Array.isArray(inner)) {
      const wrong = checkTools(inner, depth + 1);
      if (wrong !== null) {
        return wrong;
      }
    } else if (!CLIENT_TOOLS.has(name)) {
      return refuse(
        'FORBIDDEN_TOOL',
        `The tool ${takeStart(name, 60)} is run by the provider; only tools the worker runs may be sent.`,
      );
    }
  }
  return null;
}

/** The choice may name a tool; one that is not offered is refused by the provider, one that it runs by the door. */
function checkChoice(choice: unknown): Wrong | null {
  if (typeof choice !== 'object' || choice === null) {
    return null;
  }
  const { type } = choice as { type?: unknown };
  return typeof type === 'string' && (CLIENT_TOOLS.has(type) || type === 'allowed_tools')
    ? null
    : refuse('FORBIDDEN_TOOL', 'The field tool_choice may name only tools that the worker runs.');
}

function refuseIssue(issue: z.core.$ZodIssue | undefined): Wrong {
  if (issue?.code === 'unrecognized_keys') {
    const place = takeStart([...issue.path.map(String), issue.keys[0] ?? ''].join('.'), 100);
    return refuse('FORBIDDEN_FIELD', `The field ${place} may not be sent through the door. Leave it out.`);
  }
  const place = takeStart(issue?.path.map(String).join('.') ?? '', 100);
  if (place === 'store' || place.startsWith('include')) {
    return refuse('FORBIDDEN_FIELD', `The value of ${place} may not be sent through the door. Leave it out.`);
  }
  return refuse(
    'BAD_REQUEST',
    `The field ${place === '' ? '(body)' : place} is wrong: ${issue?.message ?? 'invalid'}.`,
  );
}
