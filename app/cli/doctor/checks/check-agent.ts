import { AGENT_PROGRAM_NAMES, AGENT_PROGRAMS, takeStart, UNSUPPORTED_AGENTS } from '../../../../protocol/index.ts';
import type { AgentProgramName } from '../../../../protocol/index.ts';
import { planTrial } from '../../../compute/docker/check-image.ts';
import { explainEngine } from '../../../compute/docker/engine-errors.ts';
import { openEngine } from '../../../compute/docker/open-engine.ts';
import { runContainer } from '../../../compute/docker/run-container.ts';
import { findImage } from '../../../compute/docker/worker-image.ts';
import { trySandbox } from '../../../compute/sandbox/check-sandbox.ts';
import type { SandboxTrial } from '../../../compute/sandbox/check-sandbox.ts';
import { imageNamed } from '../../../config/images-section.ts';
import type { Environment, ServerConfig } from '../../../config/server-config.ts';
import { fail, ok, skip, type Check, type Examined } from '../check.ts';
import { tryAgent } from '../try-agent.ts';
import { judgeTrial } from './judge-trial.ts';

const NAME = 'agent';

/** Runs the program of a coding agent as a worker would find it, and then has it do a small task. */
export async function checkAgent({ config }: Examined, asked: string, env: Environment): Promise<Check[]> {
  const name = AGENT_PROGRAM_NAMES.find((known) => known === asked);
  if (name === undefined) {
    const known = `Name one of ${['builtin', ...AGENT_PROGRAM_NAMES].join(', ')}.`;
    return [
      asked === 'builtin'
        ? ok(NAME, 'the built-in agent comes with Bosun')
        : fail(NAME, UNSUPPORTED_AGENTS.get(asked) ?? `there is no agent ${takeStart(asked, 60)}`, known),
    ];
  }
  if (config.compute !== 'docker' && config.compute !== 'sandbox') {
    const why = config.compute === 'process' ? 'which has no isolation to try it in' : 'on other machines than this';
    return [skip(NAME, `not tried: workers run with ${config.compute}, ${why}`)];
  }
  const version = await checkVersion(name, config);
  return version.state === 'ok' ? [version, judgeTrial(name, await tryAgent(name, { config, env }))] : [version];
}

/** Whether the program starts at all. */
async function checkVersion(name: AgentProgramName, config: ServerConfig): Promise<Check> {
  const { program } = AGENT_PROGRAMS[name];
  return config.compute === 'docker'
    ? judgeAgent(name, await tryInImage(config.containers, [program, '--version']), 'image')
    : judgeAgent(name, await trySandbox([program, '--version'], { toolPaths: config.workerPaths }));
}

export function judgeAgent(
  name: keyof typeof AGENT_PROGRAMS,
  tried: SandboxTrial,
  toolsFrom: 'host' | 'image' = 'host',
): Check {
  const { title, program, npmPackage } = AGENT_PROGRAMS[name];
  if (!tried.made) {
    return fail(NAME, tried.reason, tried.remedy);
  }
  const said = takeStart(tried.output.trim().split('\n').at(-1) ?? '', 200);
  return tried.exitCode === 0
    ? ok(NAME, `${title} runs in a worker: ${program} ${said}`)
    : fail(
        NAME,
        `${title}: \`${program} --version\` does not run in a worker (${said || 'it printed nothing'})`,
        toolsFrom === 'image'
          ? `Install it in the image of workers (\`npm install --global ${npmPackage}\`) and build it again.`
          : `Install it with \`npm install --prefix /opt/agents ${npmPackage}\` and set BOSUN_WORKER_PATHS=/opt/agents: a worker sees only /usr and these directories.`,
      );
}

/** Runs a program in a container of the default image. */
async function tryInImage(containers: ServerConfig['containers'], program: readonly string[]): Promise<SandboxTrial> {
  const engine = openEngine(containers.socketPath);
  const name = imageNamed(containers.images, null) ?? '';
  const { runtime, socketPath } = containers;
  try {
    const found = await findImage(engine, name);
    if (!found.found) {
      return { made: false, reason: found.reason, remedy: found.remedy };
    }
    const trial = await planTrial({ image: found.image, nodePath: process.execPath, runtime });
    const ran = await runContainer(engine, { ...trial, kind: 'agent', command: program });
    return { made: true, version: name, exitCode: ran.exitCode, output: `${ran.errors}${ran.output}` };
  } catch (error) {
    return { made: false, ...explainEngine(error, { socketPath, image: name }) };
  }
}
