import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takeStart } from '../../../protocol/index.ts';
import type { AgentContext } from '../agent.ts';
import type { AgentProgram, ProgramEvent, ProgramPlace, ProgramStart } from './agent-program.ts';

/** Codex without a terminal; the worker is its sandbox, and nobody is asked for approval. */
export const codex: AgentProgram = {
  name: 'codex',
  conversation: {
    directory: ({ home }) => path.join(home, '.codex', 'sessions'),
    owns: (file, id) => file.endsWith(`${id}.jsonl`),
    readId: (event) => event['thread_id'],
  },
  prepare,
  readEvent,
};

const KEY_VARIABLE = 'BOSUN_MODEL_KEY';

async function prepare(
  { job }: AgentContext,
  { modelUrl, modelKey, instructions, task, home, resume }: ProgramPlace,
): Promise<ProgramStart> {
  const codexHome = path.join(home, '.codex');
  await mkdir(codexHome, { recursive: true });
  await writeFile(path.join(codexHome, 'config.toml'), writeConfig(job, modelUrl));
  return {
    args: [
      'exec',
      '--json',
      '--skip-git-repo-check',
      '--color',
      'never',
      ...(resume === null ? [] : ['resume', resume]),
      '-',
    ],
    env: { CODEX_HOME: codexHome, [KEY_VARIABLE]: modelKey },
    input: `${instructions}\n\n${task}`,
  };
}

/** JSON strings are TOML strings too, apart from characters that `JSON.stringify` escapes in the same way. */
function writeConfig({ effort, model }: AgentContext['job'], modelUrl: string): string {
  return `model = ${JSON.stringify(model)}${effort === undefined ? '' : `\nmodel_reasoning_effort = "${effort}"`}
model_provider = "bosun"
approval_policy = "never"
sandbox_mode = "danger-full-access"
web_search = "disabled"
check_for_update_on_startup = false

[analytics]
enabled = false

[feedback]
enabled = false

[history]
persistence = "none"

[model_providers.bosun]
name = "Bosun"
base_url = ${JSON.stringify(`${modelUrl}/v1`)}
env_key = "${KEY_VARIABLE}"
wire_api = "responses"
`;
}

function readEvent(event: Readonly<Record<string, unknown>>): ProgramEvent | null {
  switch (event['type']) {
    case 'item.started':
      return readItem(event['item'], 'started');
    case 'item.completed':
      return readItem(event['item'], 'completed');
    case 'turn.failed':
    case 'error': {
      const { message } = (event['error'] ?? event) as { message?: unknown };
      return { fault: typeof message === 'string' ? message : 'it met an error' };
    }
    case 'turn.completed':
      // A stream that broke and was taken up again is no failure
      return { fault: '' };
    default:
      return null;
  }
}

function readItem(item: unknown, state: 'started' | 'completed'): ProgramEvent | null {
  const fields = (item ?? {}) as Record<string, unknown>;
  const text = typeof fields['text'] === 'string' ? fields['text'] : '';
  switch (fields['type']) {
    case 'agent_message':
      return state === 'completed' ? { words: text, note: text, log: `${text}\n` } : null;
    case 'command_execution': {
      const call = `> ${takeStart(String(fields['command']), 500)}`;
      return state === 'started' ? { note: call, log: `${call}\n` } : null;
    }
    case 'file_change':
      return state === 'completed' ? { note: 'changed files', log: `> ${JSON.stringify(fields['changes'])}\n` } : null;
    case 'error':
      return state === 'completed' ? { log: `${String(fields['message'])}\n` } : null;
    default:
      return null;
  }
}
