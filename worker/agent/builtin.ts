import { setTimeout as pause } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { DOOR_PATHS, wellFormedJson } from '../../protocol/index.ts';
import type { Agent, AgentContext, AgentEnding } from './agent.ts';
import { concludeReport, cut } from './agent-report.ts';
import type { AgentReport } from './agent-report.ts';
import { classifyModelError } from './classify-model-error.ts';
import type { ModelProblem } from './classify-model-error.ts';
import { describeTurn } from './describe-turn.ts';
import { createFinishTool } from './finish-tool.ts';
import { followUp, readReply, wordsOf } from './read-reply.ts';
import type { NextStep } from './read-reply.ts';
import { openToolset } from './toolset.ts';
import type { Toolset } from './toolset.ts';
import { trimHistory } from './trim-history.ts';

type Params = Parameters<Anthropic['beta']['messages']['toolRunner']>[0];
type Message = Params['messages'][number];
type ToolResult = Anthropic.Beta.Messages.BetaToolResultBlockParam;
type Reply = Anthropic.Beta.Messages.BetaMessage;

/** What one stretch of the conversation came to. */
type Stretch =
  | { readonly kind: 'reported' }
  | { readonly kind: 'turns_used' }
  | { readonly kind: 'said'; readonly step: NextStep; readonly reply: Reply; readonly messages: Message[] }
  | { readonly kind: 'problem'; readonly problem: ModelProblem; readonly messages: Message[] };

const MAX_OUTPUT_TOKENS = 16_000;
const MODEL_RETRIES = 6;
const MODEL_TIMEOUT_MS = 20 * 60_000;
const TRIM_AT_TOKENS = 140_000;
const LAST_TURNS = 3;
const MAX_CUTS = 3;
/** How often in a row an answer that ends nothing is asked for again. */
const MAX_ASKS = 2;
const MAX_BREAKS = 4;
const BREAK_PAUSE_MS = 250;

/** The agent that comes with Bosun: a conversation with a model that has a shell, files and `finish`. */
export const builtinAgent: Agent = { run: (context) => new Conversation(context).run() };

class Conversation {
  private readonly context: AgentContext;
  private readonly client: Anthropic;
  private readonly toolset: Toolset;
  private report: AgentReport | null = null;
  private turns = 0;
  private cuts = 0;
  private trims = 0;
  /** Answers in a row that neither called a tool nor ended the work. */
  private asks = 0;
  /** Answers that broke off since the last whole one. */
  private breaks = 0;
  private lastWords = '';
  private readonly told = new Set<string>();

  constructor(context: AgentContext) {
    this.context = context;
    this.client = new Anthropic({
      baseURL: context.doorUrl.replace(/\/$/, '') + DOOR_PATHS.model,
      authToken: context.job.door.token,
      apiKey: null,
      maxRetries: MODEL_RETRIES,
      timeout: MODEL_TIMEOUT_MS,
      logLevel: 'off',
      fetch: (url, init) =>
        fetch(url, typeof init?.body === 'string' ? { ...init, body: wellFormedJson(init.body) } : init),
    });
    const finish = createFinishTool((report) => {
      this.report = report;
    }, context.job.outputSchema);
    this.toolset = openToolset(context, finish);
  }

  async run(): Promise<AgentEnding> {
    try {
      return await this.converse();
    } finally {
      await this.toolset.close();
    }
  }

  private async converse(): Promise<AgentEnding> {
    let messages: Message[] = [{ role: 'user', content: this.context.job.prompt.user }];
    for (;;) {
      const stretch = await this.goOn(messages);
      if (stretch.kind === 'reported') {
        return this.end(concludeReport(this.report as AgentReport));
      }
      if (stretch.kind === 'turns_used') {
        return this.end({ ending: 'max_turns' });
      }
      const next =
        stretch.kind === 'said'
          ? await this.afterWords(stretch)
          : await this.afterProblem(stretch.problem, stretch.messages);
      if (!Array.isArray(next)) {
        return this.end(next);
      }
      messages = next;
    }
  }

  /** Goes on from `messages` until the model reports, only talks, or something fails. */
  private async goOn(messages: Message[]): Promise<Stretch> {
    const { job, signal, onTurn, directory } = this.context;
    if (this.turns >= job.maxTurns) {
      return { kind: 'turns_used' };
    }
    const runner = this.client.beta.messages.toolRunner(
      {
        model: job.model,
        max_tokens: MAX_OUTPUT_TOKENS,
        ...(job.effort === undefined ? {} : { output_config: { effort: job.effort } }),
        // The same in every request, so it is cached, as is the history, which only grows
        ...(job.prompt.system === ''
          ? {}
          : { system: [{ type: 'text', text: job.prompt.system, cache_control: { type: 'ephemeral' } }] }),
        cache_control: { type: 'ephemeral' },
        tools: [...this.toolset.tools],
        messages,
        stream: true,
        thread: false,
        max_iterations: job.maxTurns - this.turns,
      },
      { signal },
    );
    try {
      for await (const stream of runner) {
        const reply = await stream.finalMessage();
        this.turns += 1;
        this.breaks = 0;
        this.note(reply);
        onTurn({ turn: this.turns, note: describeTurn(reply.content, directory) });
        const step = readReply(reply);
        if (step !== 'run_tools') {
          return { kind: 'said', step, reply, messages: [...runner.params.messages] };
        }
        this.asks = 0;
        const results = await runner.generateToolResponse(signal);
        if (this.report !== null) {
          return { kind: 'reported' };
        }
        await this.context.betweenTurns(this.turns);
        signal.throwIfAborted();
        const sentence = this.nextSentence();
        // The SDK continues on its own only after the stop reason that belongs to tool calls
        const mustRewrite = sentence !== null || this.isLong(reply) || reply.stop_reason !== 'tool_use';
        if (results !== null && mustRewrite) {
          this.rewrite(runner, { reply, results, sentence });
        }
      }
      return { kind: 'turns_used' };
    } catch (error) {
      const problem: ModelProblem = signal.aborted ? { kind: 'stopped' } : classifyModelError(error);
      return { kind: 'problem', problem, messages: [...runner.params.messages] };
    }
  }

  /** Adds a sentence of ours behind the tool results, and makes room when the conversation has grown long. */
  private rewrite(
    runner: { params: Readonly<Params>; setMessagesParams: (params: Params) => void },
    turn: { reply: Reply; results: Message; sentence: string | null },
  ): void {
    const content = [...(turn.results.content as ToolResult[])] as (ToolResult | { type: 'text'; text: string })[];
    if (turn.sentence !== null) {
      content.push({ type: 'text', text: turn.sentence });
    }
    const messages: Message[] = [
      ...runner.params.messages,
      { role: 'assistant', content: turn.reply.content },
      { role: 'user', content },
    ];
    runner.setMessagesParams({
      ...runner.params,
      messages: this.isLong(turn.reply) ? trimHistory(messages) : messages,
    });
  }

  /** The model called no tool: it is done, was cut off, or has to be asked again. */
  private async afterWords({ step, reply, messages }: Extract<Stretch, { kind: 'said' }>): Promise<Message[] | Ending> {
    switch (step) {
      case 'done':
        return { ending: 'done', summary: cut(wordsOf(reply.content), 20_000) };
      case 'cut_off':
        this.cuts += 1;
        if (this.cuts > MAX_CUTS) {
          return {
            ending: 'agent_error',
            code: 'CUT_OFF',
            reason: 'the model did not keep its answers within their limit',
          };
        }
        return [...messages, ...(followUp(step, reply) as Message[])];
      case 'too_long':
        return this.afterProblem({ kind: 'too_long', reason: 'the conversation is too long for the model' }, messages);
      default:
        return this.askAgain({ step, reply, messages });
    }
  }

  /** An answer that ends nothing is asked for again, which costs one request; after several in a row the model is at fault. */
  private askAgain({ step, reply, messages }: Omit<Extract<Stretch, { kind: 'said' }>, 'kind'>): Message[] | Ending {
    this.asks += 1;
    if (this.asks > MAX_ASKS) {
      return step === 'refused'
        ? { ending: 'agent_error', code: 'REFUSAL', reason: 'the model refused to continue' }
        : {
            ending: 'agent_error',
            code: 'EMPTY_ANSWER',
            reason: `the model answered ${this.asks} requests in a row without a tool call, a summary or a clear end`,
          };
    }
    return [...messages, ...(followUp(step, reply) as Message[])];
  }

  private async afterProblem(problem: ModelProblem, messages: Message[]): Promise<Message[] | Ending> {
    switch (problem.kind) {
      case 'broken':
        this.breaks += 1;
        if (this.breaks > MAX_BREAKS) {
          return { ending: 'model_error', code: 'MODEL_UNAVAILABLE', reason: problem.reason };
        }
        this.context.log(`[the model's answer broke off: ${problem.reason}]\n`);
        await pause(BREAK_PAUSE_MS * 2 ** (this.breaks - 1), undefined, { signal: this.context.signal }).catch(
          () => undefined,
        );
        return messages;
      case 'wrap_up':
        if (this.told.has('wrap_up')) {
          return { ending: 'budget', code: 'BUDGET_WRAP_UP', reason: 'the budget of the task is used up' };
        }
        this.told.add('wrap_up');
        return [...messages, { role: 'user', content: BUDGET_SENTENCE }];
      case 'too_long':
        this.trims += 1;
        return this.trims > 2
          ? { ending: 'agent_error', code: 'TOO_LONG', reason: problem.reason }
          : trimHistory(messages);
      case 'stopped':
        return { ending: 'stopped' };
      default:
        return { ending: problem.kind, code: problem.code, reason: problem.reason };
    }
  }

  /** What the agent has to hear now, each thing once. */
  private nextSentence(): string | null {
    const { wrapUp, job } = this.context;
    const left = job.maxTurns - this.turns;
    if (wrapUp.aborted && !this.told.has('wrap_up')) {
      this.told.add('wrap_up');
      return typeof wrapUp.reason === 'string' ? wrapUp.reason : BUDGET_SENTENCE;
    }
    if (left <= LAST_TURNS && !this.told.has('turns')) {
      this.told.add('turns');
      return `You have ${left} ${left === 1 ? 'turn' : 'turns'} left. Leave the files in a good state and call finish.`;
    }
    return null;
  }

  private isLong({ usage }: Reply): boolean {
    const read = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
    return usage.input_tokens + read > TRIM_AT_TOKENS;
  }

  private note(reply: Reply): void {
    const words = wordsOf(reply.content);
    if (words !== '') {
      this.lastWords = words;
      this.context.log(`${words}\n`);
    }
    for (const block of reply.content) {
      if (block.type === 'tool_use') {
        this.context.log(`> ${block.name} ${cut(JSON.stringify(block.input), 500)}\n`);
      }
    }
  }

  private end(ending: Ending): AgentEnding {
    const isOwnWord = ending.ending === 'done' || ending.ending === 'question';
    const summary = ending.summary ?? (isOwnWord ? '' : cut(this.lastWords, 20_000));
    return { questions: [], ...ending, summary, turns: this.turns };
  }
}

type Ending = Omit<AgentEnding, 'turns' | 'summary' | 'questions'> &
  Partial<Pick<AgentEnding, 'summary' | 'questions'>>;

const BUDGET_SENTENCE =
  'The budget of this task is nearly used up. Leave the files in a good state and call finish now, with what is left to do in the summary.';
