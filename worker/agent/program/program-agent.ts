import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AGENT_PROGRAMS, takeStart } from '../../../protocol/index.ts';
import { runProcess } from '../../process/run-process.ts';
import type { Agent, AgentContext, AgentEnding } from '../agent.ts';
import { packConversation } from '../conversation/archive.ts';
import type { Conversation } from '../conversation/archive.ts';
import { readConversation, removeConversation, writeConversation } from '../conversation/conversation-files.ts';
import { findEarlierConversation, RESUME_SENTENCE } from '../conversation/earlier-conversation.ts';
import { openModelRelay } from '../relay/model-relay.ts';
import type { ModelRelay } from '../relay/model-relay.ts';
import type { AgentProgram } from './agent-program.ts';
import { concludeProgram } from './conclude-program.ts';
import { readOutput } from './read-output.ts';
import type { ProgramOutput } from './read-output.ts';
import { readResultFile } from './read-result-file.ts';

/** With the work itself, which is saved as often. */
const KEEP_EVERY_TURNS = 5;

/** An agent that is a program of somebody else, which prints what it does as lines of JSON. */
export function createProgramAgent(program: AgentProgram): Agent {
  return { run: (context) => new ProgramRun(program, context).run() };
}

class ProgramRun {
  private readonly program: AgentProgram;
  private readonly context: AgentContext;
  private readonly home: string;
  private readonly conversationDirectory: string;
  private output: ProgramOutput;

  constructor(program: AgentProgram, context: AgentContext) {
    this.program = program;
    this.context = context;
    this.home = context.env['HOME'] ?? context.scratch;
    this.conversationDirectory = program.conversation.directory({ home: this.home, workDirectory: context.directory });
    this.output = readOutput(program, context.log);
  }

  async run(): Promise<AgentEnding> {
    await mkdir(this.home, { recursive: true });
    const { conversation, missing } = await findEarlierConversation(this.program, this.context);
    if (conversation === null) {
      const ending = await this.runProgram(null);
      return missing === null ? ending : { ...ending, conversation: { resumed: false, reason: missing } };
    }
    await writeConversation(this.conversationDirectory, conversation.files);
    const ending = await this.runProgram(conversation);
    if (!couldNotResume(ending)) {
      return { ...ending, conversation: { resumed: true } };
    }
    const reason = takeStart(`it could not be continued: ${ending.reason ?? 'no reason was given'}`, 400);
    this.context.log(`[the earlier conversation is left out: ${reason}]\n`);
    await removeConversation(this.conversationDirectory, conversation.files);
    return { ...(await this.runProgram(null)), conversation: { resumed: false, reason } };
  }

  private async runProgram(conversation: Conversation | null): Promise<AgentEnding> {
    const { context } = this;
    this.output = readOutput(this.program, context.log);
    const relay = await openModelRelay({
      ...context,
      onTurn: ({ turn }) => context.onTurn({ turn, note: this.output.note() || 'the agent asked the model' }),
      betweenTurns: async (turn) => {
        await context.betweenTurns(turn);
        if (turn % KEEP_EVERY_TURNS === 0) {
          await this.keepConversation();
        }
      },
    });
    try {
      return await this.runBehind(relay, conversation);
    } finally {
      relay.close();
    }
  }

  private async runBehind(relay: ModelRelay, conversation: Conversation | null): Promise<AgentEnding> {
    const { job, scratch, env, directory, signal } = this.context;
    const about = AGENT_PROGRAMS[this.program.name];
    const resultFile = path.join(scratch, 'result.json');
    const task =
      conversation === null ? job.prompt.user : `${RESUME_SENTENCE}\n\n${job.continuation ?? job.prompt.user}`;
    const start = await this.program.prepare(this.context, {
      modelUrl: relay.url,
      modelKey: relay.key,
      instructions: `${job.prompt.system}\n\n${describeEnd(resultFile, job.outputSchema)}`.trim().toWellFormed(),
      task: task.toWellFormed(),
      home: this.home,
      resume: conversation?.id ?? null,
    });
    const ended = await runProcess({
      argv: [about.program, ...start.args],
      input: start.input,
      cwd: directory,
      env: { ...env, ...start.env, BOSUN_RESULT_FILE: resultFile },
      timeoutMs: job.timeoutMs,
      signal: AbortSignal.any([signal, relay.pointless]),
      onOutput: (text, stream) => (stream === 'stdout' ? this.output.push(text) : this.context.log(text)),
    });
    this.output.end();
    if (relay.turns() > 0) {
      await this.keepConversation();
    }
    return concludeProgram({
      title: about.title,
      program: about.program,
      source: about.npmPackage,
      ended,
      stopped: signal.aborted,
      turns: relay.turns(),
      refusal: relay.refusal(),
      result: await readResultFile(resultFile),
      printed: this.output.facts(),
    });
  }

  /** Between two turns the program waits for the model, and its files are whole. */
  private async keepConversation(): Promise<void> {
    const id = this.output.conversationId();
    if (id === null) {
      return;
    }
    const owned = (file: string): boolean => this.program.conversation.owns(file, id);
    try {
      const files = await readConversation(this.conversationDirectory, owned);
      if (files !== null) {
        this.context.conversations.keep(await packConversation({ agent: this.program.name, id, files }));
      }
    } catch (error) {
      this.context.log(`[the conversation could not be kept: ${(error as Error).message}]\n`);
    }
  }
}

/** It failed by itself, and before it asked the model for anything. */
function couldNotResume({ code, ending, turns }: AgentEnding): boolean {
  return ending === 'agent_error' && turns === 0 && code !== 'AGENT_NOT_FOUND';
}

/** How to hand the work over, for agents that have no tool of ours for that. */
function describeEnd(resultFile: string, outputSchema: unknown): string {
  const output =
    outputSchema === undefined
      ? ''
      : ` Write {"status": "done", "output": …} to ${resultFile}, where the output matches this JSON schema: ${JSON.stringify(outputSchema)}`;
  return `Nobody can answer you while you work. The files in the working directory are taken as they are when you end; do not commit or push. When the change is complete and checked, end with a summary in Markdown for the reviewer: what changed and why, how it was checked, what is left.${output}
Do not guess. If you cannot continue without an answer from the people who asked, write {"status": "not_enough_context", "questions": ["…"]} with up to three short questions to the file ${resultFile} and end.`;
}
