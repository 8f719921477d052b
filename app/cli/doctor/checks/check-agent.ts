import { AGENT_PROGRAM_NAMES, AGENT_PROGRAMS, takeStart, UNSUPPORTED_AGENTS } from '../../../../protocol/index.ts';
import { trySandbox } from '../../../compute/sandbox/check-sandbox.ts';
import type { SandboxTrial } from '../../../compute/sandbox/check-sandbox.ts';
import { fail, ok, skip, type Check, type Examined } from '../check.ts';

const NAME = 'agent';

/** Runs the program of a coding agent in a sandbox, as a worker would find it. */
export async function checkAgent({ config }: Examined, asked: string): Promise<Check> {
  const name = AGENT_PROGRAM_NAMES.find((known) => known === asked);
  if (name === undefined) {
    const known = `Name one of ${['builtin', ...AGENT_PROGRAM_NAMES].join(', ')}.`;
    return asked === 'builtin'
      ? ok(NAME, 'the built-in agent comes with Bosun')
      : fail(NAME, UNSUPPORTED_AGENTS.get(asked) ?? `there is no agent ${takeStart(asked, 60)}`, known);
  }
  if (config.compute !== 'sandbox') {
    return skip(NAME, `not tried: workers run with ${config.compute}, and only a sandbox can be tried from here`);
  }
  const { program } = AGENT_PROGRAMS[name];
  return judgeAgent(name, await trySandbox([program, '--version'], { toolPaths: config.workerPaths }));
}

export function judgeAgent(name: keyof typeof AGENT_PROGRAMS, tried: SandboxTrial): Check {
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
        `Install it with \`npm install --prefix /opt/agents ${npmPackage}\` and set BOSUN_WORKER_PATHS=/opt/agents: a worker sees only /usr and these directories.`,
      );
}
