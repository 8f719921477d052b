import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { DOOR_PATHS } from '../../../protocol/index.ts';
import type { ModelDialect } from '../../../protocol/index.ts';
import type { AgentContext } from '../agent.ts';
import { askDoor, readAll } from './ask-door.ts';
import type { DoorReply } from './ask-door.ts';
import { isFinal, readRefusal, TURNS_USED, writeRefusal } from './model-refusal.ts';
import type { ModelRefusal } from './model-refusal.ts';
import { addSentence, dialectOf } from './rewrite-request.ts';

/** The way to a model for an agent that is a program. */
export interface ModelRelay {
  /** Base URL; the agent appends `/v1/messages` or `/v1/responses`. */
  readonly url: string;
  /** The key that opens the relay, and nothing else: the door's token stays in the worker. */
  readonly key: string;
  /** Requests that a model answered. */
  turns(): number;
  /** The last request was refused so; null when it was answered. */
  refusal(): ModelRefusal | null;
  /** Aborted when no further request can succeed and the agent did not end on its own. */
  readonly pointless: AbortSignal;
  close(): void;
}

const MAX_BODY_BYTES = 33 * 1024 * 1024;
const MAX_TRIES = 7;
const LONGEST_WAIT_MS = 60_000;
const LAST_TURNS = 3;
/** Time for an agent to write its last words after a refusal for good. */
const LAST_WORDS_MS = 10_000;
export const WRAP_UP_SENTENCE =
  'The budget of this task is nearly used up. Leave the files in a good state and end the work now, with what is left to do in the summary.';

/**
 * Stands between an agent and the door: counts the turns of the agent by its requests, ends it when they or the money are
 * used up, tells the model when it has to come to an end, and waits where the door asks for patience, so that every program
 * behaves as the built-in agent does.
 */
export async function openModelRelay(
  context: Pick<AgentContext, 'job' | 'doorUrl' | 'wrapUp' | 'onTurn' | 'betweenTurns' | 'signal'>,
): Promise<ModelRelay> {
  const relay = new Relay(context);
  await relay.listen();
  return relay;
}

type Context = Parameters<typeof openModelRelay>[0];

class Relay implements ModelRelay {
  readonly key = randomBytes(32).toString('base64url');
  private readonly context: Context;
  private readonly server = createServer((request, response) => {
    response.on('error', () => response.destroy());
    this.answer(request, response).catch(() => response.destroy());
  });
  private readonly late = new AbortController();
  private lateTimer: NodeJS.Timeout | null = null;
  private answered = 0;
  private underWay = 0;
  private askedToWrapUp = false;
  private lastRefusal: ModelRefusal | null = null;

  constructor(context: Context) {
    this.context = context;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get pointless(): AbortSignal {
    return this.late.signal;
  }

  turns(): number {
    return this.answered;
  }

  refusal(): ModelRefusal | null {
    return this.lastRefusal;
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  close(): void {
    clearTimeout(this.lateTimer ?? undefined);
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://relay');
    const dialect = dialectOf(url.pathname);
    const shape = dialect ?? 'anthropic';
    if (!this.holdsKey(request)) {
      send(response, { code: 'UNKNOWN_TOKEN', message: 'The key is not the one of this task.', status: 401 }, shape);
      return;
    }
    const body = await readAll(request, MAX_BODY_BYTES);
    if (body === null) {
      send(response, { code: 'TOO_LARGE', message: 'The request is too large.', status: 413 }, shape);
      return;
    }
    const call = { method: request.method ?? 'GET', path: url.pathname + url.search, headers: request.headers };
    await (dialect === null
      ? this.passOn({ ...call, body }, response)
      : this.generate({ ...call, body, dialect }, response));
  }

  private holdsKey({ headers }: IncomingMessage): boolean {
    return headers.authorization === `Bearer ${this.key}` || headers['x-api-key'] === this.key;
  }

  /** Counting tokens, and whatever the door refuses. */
  private async passOn(call: Omit<Generate, 'dialect'>, response: ServerResponse): Promise<void> {
    const reply = await this.ask(call, response);
    if (reply === null) {
      response.destroy();
      return;
    }
    response.writeHead(reply.status, reply.headers);
    reply.message.pipe(response);
  }

  private async generate(call: Generate, response: ServerResponse): Promise<void> {
    const { job } = this.context;
    if (this.lastRefusal !== null && isFinal(this.lastRefusal)) {
      this.refuse(response, this.lastRefusal, call.dialect);
      return;
    }
    if (this.answered + this.underWay >= job.maxTurns) {
      this.refuse(response, TURNS_USED, call.dialect);
      return;
    }
    this.underWay += 1;
    let reply: DoorReply | ModelRefusal | null;
    try {
      if (this.answered > 0) {
        await this.context.betweenTurns(this.answered);
      }
      reply = await this.askPatiently(call, response);
    } finally {
      this.underWay -= 1;
    }
    if (reply === null) {
      response.destroy();
    } else if ('code' in reply) {
      this.refuse(response, reply, call.dialect);
    } else {
      this.answered += 1;
      this.lastRefusal = null;
      this.context.onTurn({ turn: this.answered, note: 'the agent asked the model' });
      relayAnswer(reply, response);
    }
  }

  /** Asks until the door answers or refuses for good; null when the agent or the door hung up. */
  private async askPatiently(call: Generate, response: ServerResponse): Promise<DoorReply | ModelRefusal | null> {
    for (let tries = 1; ; tries += 1) {
      const sentence = this.nextSentence();
      const body = sentence === null ? call.body : addSentence(call.body, call.dialect, sentence);
      const reply = await this.ask({ ...call, body }, response);
      if (reply === null || (reply.status >= 200 && reply.status < 300)) {
        return reply;
      }
      const text = (await readAll(reply.message, MAX_BODY_BYTES))?.toString('utf8') ?? '';
      const refusal = readRefusal(reply.status, text);
      if (refusal.code === 'BUDGET_WRAP_UP' && !this.askedToWrapUp) {
        // The money that is kept for coming to an end is open now, to a model that is told so
        this.askedToWrapUp = true;
        continue;
      }
      const waitMs = Math.min(LONGEST_WAIT_MS, Number(reply.headers['retry-after'] ?? Number.NaN) * 1_000);
      const mayRepeat = reply.headers['x-should-retry'] === 'true' && Number.isFinite(waitMs);
      if (!mayRepeat || tries >= MAX_TRIES) {
        return refusal;
      }
      await pause(waitMs, undefined, { signal: this.context.signal }).catch(() => undefined);
    }
  }

  private ask(call: Omit<Generate, 'dialect'>, response: ServerResponse): Promise<DoorReply | null> {
    const { doorUrl, job } = this.context;
    return askDoor(
      { ...call, url: doorUrl.replace(/\/$/, '') + DOOR_PATHS.model + call.path, token: job.door.token },
      response,
    );
  }

  /** What the model has to hear with this request. It stays true, so it is said with each one from then on. */
  private nextSentence(): string | null {
    const { wrapUp, job } = this.context;
    if (wrapUp.aborted) {
      return typeof wrapUp.reason === 'string'
        ? wrapUp.reason.replace('call finish', 'end the work')
        : WRAP_UP_SENTENCE;
    }
    if (this.askedToWrapUp) {
      return WRAP_UP_SENTENCE;
    }
    const left = job.maxTurns - this.answered;
    return left <= LAST_TURNS && job.maxTurns > LAST_TURNS
      ? `You have ${left} ${left === 1 ? 'turn' : 'turns'} left. Leave the files in a good state and end the work.`
      : null;
  }

  private refuse(response: ServerResponse, refusal: ModelRefusal, dialect: ModelDialect): void {
    this.lastRefusal = refusal;
    if (isFinal(refusal)) {
      this.lateTimer ??= setTimeout(() => this.late.abort(), LAST_WORDS_MS);
    }
    send(response, refusal, dialect);
  }
}

interface Generate {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly dialect: ModelDialect;
}

function relayAnswer({ message, status, headers }: DoorReply, response: ServerResponse): void {
  response.writeHead(status, headers);
  // An answer that broke off must not look whole
  message.on('error', () => response.destroy());
  message.on('aborted', () => response.destroy());
  message.pipe(response);
}

function send(response: ServerResponse, refusal: ModelRefusal, dialect: ModelDialect): void {
  const { status, body } = writeRefusal(refusal, dialect);
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' });
  response.end(JSON.stringify(body));
}
