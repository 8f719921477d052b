import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takeStart } from '../../../protocol/index.ts';
import type { AgentContext } from '../agent.ts';
import type { AgentProgram, ProgramEvent, ProgramPlace, ProgramStart } from './agent-program.ts';

/** opencode without a terminal: one prompt, a stream of JSON, every permission decided beforehand. */
export const opencode: AgentProgram = {
  name: 'opencode',
  conversation: {
    directory: ({ home }) => path.join(home, '.local', 'share', 'opencode'),
    // Continued in another directory it does not end by itself, so that nothing is kept and each attempt begins a session
    owns: () => false,
    readId: (event) => event['sessionID'],
  },
  prepare,
  readEvent,
};

const PROVIDER = 'bosun';
const KEY_VARIABLE = 'BOSUN_MODEL_KEY';
const CONTEXT_TOKENS = 200_000;
const OUTPUT_TOKENS = 16_000;

/** With a title given it does not ask the model for one, which would be a turn that does no work. */
const TITLE = 'Bosun';

async function prepare(
  { job, scratch }: AgentContext,
  { modelUrl, modelKey, instructions, task, home, resume }: ProgramPlace,
): Promise<ProgramStart> {
  const instructionsFile = path.join(scratch, 'instructions.md');
  await writeFile(instructionsFile, instructions);
  return {
    args: ['run', '--format', 'json', ...(resume === null ? ['--title', TITLE] : ['--session', resume])],
    env: {
      OPENCODE_CONFIG_CONTENT: JSON.stringify(writeConfig(job.model, { modelUrl, instructionsFile })),
      [KEY_VARIABLE]: modelKey,
      XDG_CONFIG_HOME: path.join(home, '.config'),
      XDG_DATA_HOME: path.join(home, '.local', 'share'),
      XDG_STATE_HOME: path.join(home, '.local', 'state'),
      XDG_CACHE_HOME: path.join(home, '.cache'),
      // The repository's own configuration could name another endpoint, plug-ins, or servers that cannot be reached
      OPENCODE_DISABLE_PROJECT_CONFIG: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
      OPENCODE_PURE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_SHARE: '1',
    },
    input: task,
  };
}

function writeConfig(model: string, place: { modelUrl: string; instructionsFile: string }): unknown {
  const name = `${PROVIDER}/${model}`;
  return {
    model: name,
    small_model: name,
    enabled_providers: [PROVIDER],
    provider: {
      [PROVIDER]: {
        npm: '@ai-sdk/anthropic',
        name: 'Bosun',
        options: { baseURL: `${place.modelUrl}/v1`, apiKey: `{env:${KEY_VARIABLE}}` },
        models: {
          [model]: { name: model, tool_call: true, limit: { context: CONTEXT_TOKENS, output: OUTPUT_TOKENS } },
        },
      },
    },
    instructions: [place.instructionsFile],
    // Nobody could answer, and the worker confines it; what needs a network is not offered to the model
    permission: {
      '*': 'allow',
      external_directory: 'allow',
      doom_loop: 'allow',
      question: 'deny',
      webfetch: 'deny',
      websearch: 'deny',
    },
    share: 'disabled',
    autoupdate: false,
    snapshot: false,
    formatter: false,
    lsp: false,
  };
}

function readEvent(event: Readonly<Record<string, unknown>>): ProgramEvent | null {
  const part = (event['part'] ?? {}) as Record<string, unknown>;
  switch (event['type']) {
    case 'text': {
      const text = typeof part['text'] === 'string' ? part['text'] : '';
      return { words: text, note: text, log: `${text}\n` };
    }
    case 'tool_use': {
      const { input } = (part['state'] ?? {}) as { input?: unknown };
      const call = `${String(part['tool'])} ${takeStart(JSON.stringify(input ?? {}), 500)}`;
      return { note: call, log: `> ${call}\n` };
    }
    case 'error':
      return { fault: describeError(event['error']) };
    case 'step_start':
      // A request that failed and was repeated with success is no failure
      return { fault: '' };
    default:
      return null;
  }
}

function describeError(error: unknown): string {
  const { name, data } = (error ?? {}) as { name?: unknown; data?: { message?: unknown } };
  const message = data?.message ?? name;
  return typeof message === 'string' && message !== '' ? message : 'it met an error';
}
