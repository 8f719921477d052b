import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takeStart } from '../../../protocol/index.ts';
import type { AgentContext } from '../agent.ts';
import type { AgentProgram, ProgramEvent, ProgramPlace, ProgramStart } from './agent-program.ts';

/** Run by the provider, or by a server of the vendor; neither can be reached, so they are not offered. */
const OFF = ['WebSearch', 'WebFetch', 'CronCreate', 'CronDelete', 'CronList', 'ScheduleWakeup', 'AskUserQuestion'];

/** Every name under which Claude Code asks for a model; all of them mean the one of the task. */
const MODEL_VARIABLES = [
  'ANTHROPIC_MODEL',
  'ANTHROPIC_DEFAULT_FABLE_MODEL',
  'ANTHROPIC_DEFAULT_OPUS_MODEL',
  'ANTHROPIC_DEFAULT_SONNET_MODEL',
  'ANTHROPIC_DEFAULT_HAIKU_MODEL',
  'ANTHROPIC_SMALL_FAST_MODEL',
  'CLAUDE_CODE_SUBAGENT_MODEL',
];

/** Claude Code without a terminal: one prompt, a stream of JSON, and no question that nobody could answer. */
export const claudeCode: AgentProgram = {
  name: 'claude-code',
  conversation: {
    // One directory for each working directory, named after it
    directory: ({ home, workDirectory }) =>
      path.join(home, '.claude', 'projects', workDirectory.replaceAll(/[^a-zA-Z0-9]/g, '-')),
    owns: (file, id) => file === `${id}.jsonl` || file.startsWith(`${id}/`),
    readId: (event) => event['session_id'],
  },
  prepare,
  readEvent,
};

async function prepare(
  { job, scratch }: AgentContext,
  { modelUrl, modelKey, instructions, task, home, resume }: ProgramPlace,
): Promise<ProgramStart> {
  const instructionsFile = path.join(scratch, 'instructions.md');
  await writeFile(instructionsFile, instructions);
  return {
    args: [
      '--print',
      ...(resume === null ? [] : ['--resume', resume]),
      '--output-format',
      'stream-json',
      '--verbose',
      '--permission-mode',
      'bypassPermissions',
      '--append-system-prompt-file',
      instructionsFile,
      // The repository's own settings could name another endpoint, hooks, or servers that cannot be reached
      '--setting-sources',
      'user',
      '--strict-mcp-config',
      '--disallowedTools',
      ...OFF,
    ],
    env: {
      ANTHROPIC_BASE_URL: modelUrl,
      ANTHROPIC_AUTH_TOKEN: modelKey,
      ...Object.fromEntries(MODEL_VARIABLES.map((name) => [name, job.model])),
      ...(job.effort === undefined ? {} : { CLAUDE_CODE_EFFORT_LEVEL: job.effort }),
      CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_TELEMETRY: '1',
      // It refuses to work without questions as root unless it is told that somebody else confines it
      IS_SANDBOX: '1',
    },
    input: task,
  };
}

function readEvent(event: Readonly<Record<string, unknown>>): ProgramEvent | null {
  switch (event['type']) {
    case 'assistant':
      return readMessage(event['message'] as Message | null);
    case 'result': {
      const { result, is_error: failed, subtype } = event;
      const words = typeof result === 'string' ? result : '';
      return failed === true || subtype !== 'success'
        ? { fault: words === '' ? `it ended with ${String(subtype)}` : words }
        : { words };
    }
    default:
      return null;
  }
}

interface Message {
  readonly model?: unknown;
  readonly content?: unknown;
}

/** What Claude Code itself writes in the place of an answer has the model `<synthetic>`. */
function readMessage(message: Message | null): ProgramEvent | null {
  const blocks = Array.isArray(message?.content) ? (message.content as Record<string, unknown>[]) : [];
  let log = '';
  let note = '';
  let words = '';
  for (const block of blocks) {
    if (block['type'] === 'text' && typeof block['text'] === 'string') {
      log += `${block['text']}\n`;
      note = block['text'];
      words = block['text'];
    } else if (block['type'] === 'tool_use') {
      const call = `${String(block['name'])} ${takeStart(JSON.stringify(block['input'] ?? {}), 500)}`;
      log += `> ${call}\n`;
      note = call;
    }
  }
  const isAnswer = message?.model !== '<synthetic>';
  return log === '' ? null : { log, note, ...(isAnswer && words !== '' ? { words } : {}) };
}
