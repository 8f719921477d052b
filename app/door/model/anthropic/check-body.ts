import { z } from 'zod';
import { takeStart } from '../../../../protocol/index.ts';
import { refuse } from '../../refusal.ts';
import type { Checked } from '../../refusal.ts';
import { checkContent } from './check-content.ts';
import type { ContentFacts } from './check-content.ts';
import { checkTools } from './check-tools.ts';
import { dropBetaFields } from './betas.ts';

/** A request body that holds nothing but what a worker may ask for, rebuilt from the fields that were checked. */
export interface CheckedBody {
  readonly model: string;
  readonly maxTokens: number | null;
  readonly stream: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly content: ContentFacts;
}

const CacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });

/**
 * The allow list. What is left out is left out for a reason: `mcp_servers`, `container` and `thread` reach or keep things
 * outside, `fallbacks`, `speed`, `service_tier`, `inference_geo` and `compaction` cost what the bound does not know.
 */
const Body = z.strictObject({
  model: z.string().min(1).max(200),
  messages: z.array(z.unknown()).min(1).max(100_000),
  system: z.union([z.string(), z.array(z.unknown())]).optional(),
  max_tokens: z.number().int().min(0).optional(),
  tools: z.array(z.unknown()).max(1_000).optional(),
  tool_choice: z
    .strictObject({
      type: z.enum(['auto', 'any', 'tool', 'none']),
      name: z.string().max(200).optional(),
      disable_parallel_tool_use: z.boolean().optional(),
    })
    .optional(),
  thinking: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  stop_sequences: z.array(z.string()).max(1_000).optional(),
  stream: z.boolean().optional(),
  temperature: z.number().optional(),
  top_p: z.number().optional(),
  top_k: z.number().optional(),
  cache_control: CacheControl.nullish(),
  output_config: z
    .strictObject({
      effort: z.unknown().optional(),
      format: z.unknown().optional(),
      task_budget: z.unknown().optional(),
    })
    .nullish(),
  output_format: z.unknown().optional(),
  context_management: z
    .strictObject({
      edits: z
        .array(z.looseObject({ type: z.enum(['clear_tool_uses_20250919', 'clear_thinking_20251015']) }))
        .optional(),
    })
    .nullish(),
  // Taken and dropped: it names people or sessions to the provider and changes nothing
  metadata: z.unknown().optional(),
  diagnostics: z.unknown().optional(),
});

/** Checks the body of a messages or token-counting request. */
export function checkBody(json: unknown): Checked<CheckedBody> {
  dropBetaFields(json);
  const parsed = Body.safeParse(json);
  if (!parsed.success) {
    return refuseIssue(parsed.error.issues[0]);
  }
  const { metadata: _metadata, diagnostics: _diagnostics, max_tokens: maxTokens, ...fields } = parsed.data;
  const tools = checkTools(fields.tools ?? []);
  if (!tools.ok) {
    return tools;
  }
  const content = checkContent(fields);
  if (!content.ok) {
    return content;
  }
  return {
    ok: true,
    value: {
      model: fields.model,
      maxTokens: maxTokens ?? null,
      stream: fields.stream === true,
      fields,
      content: content.value,
    },
  };
}

function refuseIssue(issue: z.core.$ZodIssue | undefined): ReturnType<typeof refuse> {
  if (issue?.code === 'unrecognized_keys') {
    const place = takeStart([...issue.path.map(String), issue.keys[0] ?? ''].join('.'), 100);
    return refuse('FORBIDDEN_FIELD', `The field ${place} may not be sent through the door. Leave it out.`);
  }
  const place = takeStart(issue?.path.map(String).join('.') ?? '', 100);
  if (place.startsWith('context_management')) {
    return refuse('FORBIDDEN_FIELD', `The value of ${place} may not be sent through the door. Leave it out.`);
  }
  return refuse(
    'BAD_REQUEST',
    `The field ${place === '' ? '(body)' : place} is wrong: ${issue?.message ?? 'invalid'}.`,
  );
}
