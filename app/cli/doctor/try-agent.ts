import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createScriptedModel } from '../../../demo/model/create-scripted-model.ts';
import type { ModelReply, ModelRequest, TurnContext } from '../../../demo/model/model-script.ts';
import { AGENT_PROGRAMS } from '../../../protocol/index.ts';
import type { AgentProgramName, WorkerResult } from '../../../protocol/index.ts';
import type { Environment, ServerConfig } from '../../config/server-config.ts';
import { artifactKey } from '../../store/artifacts.ts';
import type { Failure } from '../../task/failure.ts';
import { createLogger } from '../../telemetry/log.ts';
import { runJourney } from '../demo/run-journey.ts';
import { startDemoServers } from '../demo/start-demo-servers.ts';
import { pickWorkerSettings } from '../demo/worker-settings.ts';

/** What became of a small task that the agent was given, with a model that follows a script. */
export interface AgentTrial {
  /** The worker's account; null when it gave none. */
  readonly result: WorkerResult | null;
  readonly failure: Failure | null;
  /** Whether the command that the model asked for was run. */
  readonly didRun: boolean;
  /** The last lines that the agent printed. */
  readonly printed: string;
}

const MODEL = 'bosun-trial';
const KEY_VARIABLE = 'BOSUN_TRIAL_KEY';
const MAX_PRINTED = 1_000;
/** One minute of it is kept for winding up. */
const TIMEOUT = '3m';

const SHELLS: Readonly<Record<AgentProgramName, (command: string) => NonNullable<ModelReply['toolUse']>[number]>> = {
  'claude-code': (command) => ({ name: 'Bash', input: { command, description: 'Write a file' } }),
  codex: (command) => ({ name: 'exec_command', input: { cmd: command } }),
  opencode: (command) => ({ name: 'bash', input: { command, description: 'Write a file' } }),
};

/** The model has the agent write a file by a command, and ends. */
function scriptFor(name: AgentProgramName): (request: ModelRequest, context: TurnContext) => ModelReply {
  return (_request, { turn }) =>
    turn === 0 ? { toolUse: [SHELLS[name]('echo written > TRIAL.md')] } : { text: 'Wrote TRIAL.md.' };
}

/**
 * Plays a task with the agent's real program in a real worker, on a GitHub, a database and a model of its own, with the
 * operator's settings for workers. Nothing is paid for.
 */
export async function tryAgent(
  name: AgentProgramName,
  {
    config,
    env,
    settings,
  }: {
    config: Pick<ServerConfig, 'compute' | 'containers'>;
    env: Environment;
    /** More settings, or others. */
    settings?: Readonly<Record<string, string>>;
  },
): Promise<AgentTrial> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-agent-trial-'));
  const model = await createScriptedModel({ script: scriptFor(name) });
  try {
    const file = path.join(directory, 'bosun.yml');
    await writeFile(file, JSON.stringify(writeConfig(name, { url: model.url, containers: config.containers })));
    const stage = await startDemoServers({
      script: [],
      compute: config.compute,
      settings: {
        ...pickWorkerSettings(env),
        BOSUN_CONFIG: file,
        [KEY_VARIABLE]: model.key,
        BOSUN_MODEL: MODEL,
        ...settings,
      },
      log: createLogger({ level: 'silent', redact: (text) => text, destination: process.stderr }),
    });
    try {
      const { pull_request: pull, task } = await runJourney(stage, {
        repository: { name: 'trial', files: filesFor(name) },
        onEvent: () => undefined,
      });
      const { artifacts, stores } = stage.bosun.storage;
      const at = { taskId: task.id, epoch: task.epoch };
      const log = await artifacts.get(artifactKey(at, 'agent.log'));
      return {
        result: (await stores.attempts.find(at))?.result ?? null,
        failure: (await stores.tasks.find(task.id))?.failure ?? null,
        didRun: pull !== null,
        printed: Buffer.from(log ?? [])
          .toString('utf8')
          .trim()
          .slice(-MAX_PRINTED),
      };
    } finally {
      await stage.close();
    }
  } finally {
    await model.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** One provider, which is the script, in the format that the agent speaks. */
function writeConfig(
  name: AgentProgramName,
  { containers, url }: { containers: ServerConfig['containers']; url: string },
): unknown {
  const { cpus, images, runtime } = containers;
  return {
    providers: {
      trial: {
        dialect: AGENT_PROGRAMS[name].dialect,
        url,
        key: KEY_VARIABLE,
        models: { [MODEL]: { input: 1, output: 1 } },
      },
    },
    images,
    docker: { ...(runtime === null ? {} : { runtime }), ...(cpus === null ? {} : { cpus }) },
  };
}

function filesFor(name: AgentProgramName): Record<string, string> {
  return {
    'README.md': '# Trial\n',
    '.github/bosun.yml': `agent: ${name}\nsetup: none\nverify: none\ntimeout: ${TIMEOUT}\n`,
  };
}
