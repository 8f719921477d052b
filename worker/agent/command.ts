import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runShell } from '../process/run-shell.ts';
import type { Agent, AgentContext, AgentEnding } from './agent.ts';
import { concludeProgram } from './program/conclude-program.ts';
import { readResultFile } from './program/read-result-file.ts';
import { openModelRelay } from './relay/model-relay.ts';
import type { ModelRelay } from './relay/model-relay.ts';

/**
 * Any program as the agent. It runs by `/bin/sh -c` in the working copy and finds: the prompt in `BOSUN_PROMPT_FILE`, a
 * model behind the usual `ANTHROPIC_*` and `OPENAI_*` variables, facts in `BOSUN_*`, and `BOSUN_RESULT_FILE` to write its
 * report to. Exit code 0 means done.
 */
export const commandAgent: Agent = { run };

async function run(context: AgentContext): Promise<AgentEnding> {
  const { job, signal } = context;
  if (job.agent.kind !== 'command') {
    throw new Error(`the command agent cannot run an agent of kind ${job.agent.kind}`);
  }
  const promptFile = path.join(context.scratch, 'prompt.md');
  const resultFile = path.join(context.scratch, 'result.json');
  await writeFile(promptFile, `${job.prompt.system}\n\n${job.prompt.user}\n`.toWellFormed());
  context.onTurn({ turn: 0, note: 'the agent command has started' });
  const relay = await openModelRelay(context);
  try {
    const ended = await runShell({
      command: job.agent.command,
      cwd: context.directory,
      env: {
        ...context.env,
        ...facts(context, relay),
        BOSUN_PROMPT_FILE: promptFile,
        BOSUN_RESULT_FILE: resultFile,
      },
      timeoutMs: job.timeoutMs,
      signal: AbortSignal.any([signal, relay.pointless]),
      onOutput: context.log,
    });
    return concludeProgram({
      title: 'the agent command',
      program: job.agent.command.trim().split(/\s/)[0] ?? '',
      source: null,
      ended,
      stopped: signal.aborted,
      turns: relay.turns(),
      refusal: relay.refusal(),
      result: await readResultFile(resultFile),
      printed: null,
    });
  } finally {
    relay.close();
  }
}

function facts({ job, repository }: AgentContext, relay: ModelRelay): Record<string, string> {
  return {
    ANTHROPIC_BASE_URL: relay.url,
    ANTHROPIC_AUTH_TOKEN: relay.key,
    ANTHROPIC_API_KEY: relay.key,
    ANTHROPIC_MODEL: job.model,
    OPENAI_BASE_URL: `${relay.url}/v1`,
    OPENAI_API_KEY: relay.key,
    BOSUN_TASK_ID: job.taskId,
    BOSUN_EPOCH: String(job.epoch),
    BOSUN_MODEL: job.model,
    BOSUN_MAX_TURNS: String(job.maxTurns),
    BOSUN_TIMEOUT_MS: String(job.timeoutMs),
    BOSUN_REPOSITORY: repository,
    ...(job.verify === undefined ? {} : { BOSUN_VERIFY: job.verify }),
  };
}
