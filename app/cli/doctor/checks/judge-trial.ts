import { AGENT_PROGRAMS } from '../../../../protocol/index.ts';
import type { AgentProgramName } from '../../../../protocol/index.ts';
import { fail, ok, type Check } from '../check.ts';
import type { AgentTrial } from '../try-agent.ts';

const NAME = 'agent task';

/** Why the agent did not do what it was asked for, and what to do; each way to fail has an answer of its own. */
export function judgeTrial(agent: AgentProgramName, { didRun, failure, printed, result }: AgentTrial): Check {
  const { npmPackage, program, title } = AGENT_PROGRAMS[agent];
  const last = printed === '' ? 'it printed nothing' : `it printed last:\n${printed}`;
  if (result === null) {
    const why = failure === null ? 'the worker gave no account' : `${failure.title}. ${failure.detail ?? ''}`.trim();
    return fail(NAME, `${title} could not be tried: ${why}`, failure?.remedy ?? 'Read the log of the server.');
  }
  const reason = result.reason ?? 'no reason was given';
  const tested = `Use a version that docs/agents.md names as tested: \`npm install --prefix /opt/agents ${npmPackage}@VERSION\`.`;
  switch (result.code) {
    case 'AGENT_NOT_FOUND':
      return fail(NAME, reason, `Install ${npmPackage} where a worker sees it.`);
    case 'AGENT_OUTPUT':
      return fail(
        NAME,
        `${title} printed no JSON, so Bosun cannot see what it does; ${last}`,
        `If \`${program}\` is a script of your own, it has to pass on arguments, input and output unchanged. ${tested}`,
      );
    case 'AGENT_DID_NOTHING':
      return fail(
        NAME,
        `${title} ended with exit code 0 and asked the model for nothing; ${last}`,
        `It may want to be logged in or set up first; workers have a new home each time. ${tested}`,
      );
    case 'UNKNOWN_MODEL':
    case 'NO_PRICE':
      return fail(NAME, `${title} asks for a model that its task may not use: ${reason}`, tested);
    case 'FORBIDDEN_TOOL':
    case 'FORBIDDEN_FIELD':
    case 'BAD_REQUEST':
    case 'NOT_FOUND':
      return fail(NAME, `${title} asks the model for what the door does not allow: ${reason}`, tested);
    default:
      break;
  }
  if (result.ending === 'stopped') {
    return fail(
      NAME,
      `${title} did not end by itself after ${result.turns} turns, as a program does that waits for an answer; ${last}`,
      `It must not ask for permission or a login: Bosun starts it so that it never does. ${tested}`,
    );
  }
  if (result.ending !== 'done') {
    return fail(NAME, `${title} failed: ${reason}; ${last}`, tested);
  }
  return didRun
    ? ok(NAME, `${title} did a small task in ${result.turns} turns, by a command and without a question`)
    : fail(
        NAME,
        `${title} ended without running the command that the model asked for, as a program does that lacks a permission; ${last}`,
        `Settings of your own (a managed policy, a wrapper) may forbid commands to it. ${tested}`,
      );
}
