import type { IncomingHttpHeaders } from 'node:http';

type Place = 'body' | 'output_config' | 'tool' | 'cache_control';

interface Beta {
  /** Whether the header value is passed on. Only betas that change how a model answers are. */
  readonly pass: boolean;
  /** The fields that come with it. */
  readonly fields?: readonly `${Place}.${string}`[];
}

/**
 * Every known value of `anthropic-beta`, in one table with the fields that come with it. Values that are not listed are
 * dropped. Not passed on: what lets the provider run or fetch something, keeps state there, or costs more than the price
 * table knows.
 */
const BETAS: Readonly<Record<string, Beta>> = {
  'claude-code-20250219': { pass: true },
  'context-management-2025-06-27': { pass: true, fields: ['body.context_management'] },
  'effort-2025-11-24': { pass: true },
  'extended-cache-ttl-2025-04-11': { pass: true },
  'fine-grained-tool-streaming-2025-05-14': { pass: true },
  'interleaved-thinking-2025-05-14': { pass: true },
  'model-context-window-exceeded-2025-08-26': { pass: true },
  'pdfs-2024-09-25': { pass: true },
  'prompt-caching-2024-07-31': { pass: true },
  'structured-outputs-2025-11-13': { pass: true },
  'structured-outputs-2025-12-15': { pass: true },
  'task-budgets-2026-03-13': { pass: true, fields: ['output_config.task_budget'] },
  'thinking-binding-controls-2026-08-01': { pass: true },
  'thinking-display-updates-2026-08-18': { pass: true },
  'thinking-token-count-2026-05-13': { pass: true },
  'token-counting-2024-11-01': { pass: true },
  'token-efficient-tools-2025-02-19': { pass: true },
  'advanced-tool-use-2025-11-20': {
    pass: false,
    fields: ['tool.defer_loading', 'tool.input_examples'],
  },
  'tool-search-tool-2025-10-19': { pass: false, fields: ['tool.defer_loading'] },
  'tool-examples-2025-10-29': { pass: false, fields: ['tool.input_examples'] },
  'prompt-caching-scope-2026-01-05': { pass: false, fields: ['cache_control.scope'] },
};

/** The values of the header that are passed on. */
export function passedBetas(headers: IncomingHttpHeaders): string[] {
  return String(headers['anthropic-beta'] ?? '')
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => Object.hasOwn(BETAS, beta) && BETAS[beta]?.pass === true);
}

/** Fields that come with betas of which none is ever passed on, by place. */
const DROPPED = droppedFields();
const CACHE_FIELDS = DROPPED.get('cache_control') ?? [];

function droppedFields(): Map<string, string[]> {
  const betas = Object.values(BETAS);
  const kept = new Set(betas.flatMap((beta) => (beta.pass ? (beta.fields ?? []) : [])));
  const dropped = new Map<string, string[]>();
  for (const field of new Set(betas.flatMap((beta) => beta.fields ?? []))) {
    const [place = '', name = ''] = field.split('.');
    if (!kept.has(field)) {
      dropped.set(place, [...(dropped.get(place) ?? []), name]);
    }
  }
  return dropped;
}

type Fields = Record<string, unknown>;

/**
 * Takes out of a parsed body, in place, what belongs to betas that are not passed on: with such fields and without their
 * header the provider refuses the whole request.
 */
export function dropBetaFields(body: unknown): void {
  if (!isFields(body)) {
    return;
  }
  drop(body, DROPPED.get('body'));
  drop(body['output_config'], DROPPED.get('output_config'));
  drop(body['cache_control'], CACHE_FIELDS);
  const tools: unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
  for (const tool of tools) {
    drop(tool, DROPPED.get('tool'));
    drop(isFields(tool) ? tool['cache_control'] : undefined, CACHE_FIELDS);
  }
  adaptBlocks(body['system'], 0);
  const messages: unknown[] = Array.isArray(body['messages']) ? body['messages'] : [];
  for (const message of messages) {
    adaptBlocks(isFields(message) ? message['content'] : undefined, 0);
  }
}

/** Takes fields out of blocks; a reference to a tool becomes text, because without deferred loading every tool is loaded. */
function adaptBlocks(content: unknown, depth: number): void {
  if (!Array.isArray(content) || depth > 4) {
    return;
  }
  for (const block of content as unknown[]) {
    if (!isFields(block)) {
      continue;
    }
    drop(block['cache_control'], CACHE_FIELDS);
    if (block['type'] === 'tool_reference') {
      const name = typeof block['tool_name'] === 'string' ? block['tool_name'] : 'unknown';
      delete block['tool_name'];
      Object.assign(block, { type: 'text', text: `The tool ${name} is available.` });
    }
    adaptBlocks(block['content'], depth + 1);
  }
}

function drop(holder: unknown, names: readonly string[] | undefined): void {
  if (isFields(holder)) {
    for (const name of names ?? []) {
      delete holder[name];
    }
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
