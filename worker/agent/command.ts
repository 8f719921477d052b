import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DOOR_PATHS, takeStart } from '../../protocol/index.ts';
import { runShell } from '../process/run-shell.ts';
import type { Agent, AgentContext, AgentEnding } from './agent.ts';
import { AgentReport, concludeReport } from './agent-report.ts';

const MAX_REPORT_BYTES = 256 * 1024;

/**
 * Any program as the agent. It runs by `/bin/sh -c` in the working copy and finds: the prompt in `BOSUN_PROMPT_FILE`, a
 * model behind the usual `ANTHROPIC_*` variables, facts in `BOSUN_*`, and `BOSUN_RESULT_FILE` to write its report to. Exit
 * code 0 means done.
 */
export const commandAgent: Agent = { run };

async function run(context: AgentContext): Promise<AgentEnding> {
  const { job } = context;
  if (job.agent.kind !== 'command') {
    throw new Error(`the command agent cannot run an agent of kind ${job.agent.kind}`);
  }
  const promptFile = path.join(context.scratch, 'prompt.md');
  const resultFile = path.join(context.scratch, 'result.json');
  await writeFile(promptFile, `${job.prompt.system}\n\n${job.prompt.user}\n`.toWellFormed());
  context.onTurn({ turn: 0, note: 'the agent command has started' });
  const ended = await runShell({
    command: job.agent.command,
    cwd: context.directory,
    env: { ...context.env, ...facts(context), BOSUN_PROMPT_FILE: promptFile, BOSUN_RESULT_FILE: resultFile },
    timeoutMs: job.timeoutMs,
    signal: context.signal,
    onOutput: context.log,
  });
  const report = await readReport(resultFile);
  const account = { summary: report.summary, questions: report.questions, turns: 0 };
  if (ended.ending !== 'exited') {
    return { ...account, ending: 'stopped', questions: [] };
  }
  if (ended.exitCode !== 0) {
    const reason = `the agent command ended with ${ended.exitCode ?? 'a signal'}: ${lastLine(ended.outputTail)}`;
    return { ...account, ending: context.wrapUp.aborted ? 'budget' : 'agent_error', questions: [], reason };
  }
  return report.fault === undefined
    ? { ...account, ending: report.ending }
    : { ...account, ending: 'agent_error', reason: report.fault };
}

function facts({ job, doorUrl, repository }: AgentContext): Record<string, string> {
  const model = doorUrl.replace(/\/$/, '') + DOOR_PATHS.model;
  return {
    ANTHROPIC_BASE_URL: model,
    ANTHROPIC_AUTH_TOKEN: job.door.token,
    ANTHROPIC_API_KEY: job.door.token,
    ANTHROPIC_MODEL: job.model,
    BOSUN_TASK_ID: job.taskId,
    BOSUN_EPOCH: String(job.epoch),
    BOSUN_MODEL: job.model,
    BOSUN_MAX_TURNS: String(job.maxTurns),
    BOSUN_TIMEOUT_MS: String(job.timeoutMs),
    BOSUN_REPOSITORY: repository,
    ...(job.verify === undefined ? {} : { BOSUN_VERIFY: job.verify }),
  };
}

type Report = ReturnType<typeof concludeReport> & { fault?: string };

/** The report, when the program wrote one; a file that is no report is said, not guessed at. */
async function readReport(file: string): Promise<Report> {
  const nothing: Report = { ending: 'done', summary: '', questions: [] };
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? nothing
      : { ...nothing, fault: `the result file could not be read: ${(error as Error).message}` };
  }
  if (text.length > MAX_REPORT_BYTES) {
    return { ...nothing, fault: `the result file has more than ${MAX_REPORT_BYTES} bytes` };
  }
  try {
    return concludeReport(AgentReport.parse(JSON.parse(text)));
  } catch {
    return { ...nothing, fault: 'the result file is not JSON of the form {"status", "summary", "questions"}' };
  }
}

function lastLine(output: string): string {
  return takeStart(output.trim().split('\n').at(-1) ?? '', 500);
}
