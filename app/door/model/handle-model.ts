import type { IncomingMessage, ServerResponse } from 'node:http';
import { DOOR_PATHS } from '../../../protocol/index.ts';
import { findPrice } from '../../budget/prices.ts';
import type { ModelPrice } from '../../budget/prices.ts';
import type { DoorSession } from '../../store/stores.ts';
import { NO_TRACER } from '../../telemetry/tracer.ts';
import { enter, modelRules } from '../attempt-memory.ts';
import type { AttemptMemory } from '../attempt-memory.ts';
import type { DoorLimits, DoorLog, DoorOptions, ModelProblem } from '../door-options.ts';
import { readBody } from '../read-body.ts';
import { refuse, sendRefusal } from '../refusal.ts';
import type { Checked } from '../refusal.ts';
import { isGone } from '../write-all.ts';
import { checkBody } from './body/check-body.ts';
import type { CheckedBody } from './body/check-body.ts';
import { countTokens } from './upstream/count-tokens.ts';
import { decideCost, NO_COST } from './money/decide-cost.ts';
import type { Cost } from './money/decide-cost.ts';
import { forward } from './upstream/forward.ts';
import { explainFailure } from './explain-failure.ts';
import { relayAnswer } from './upstream/relay-answer.ts';
import { reserve } from './money/reserve.ts';
import type { Reservation } from './money/reserve.ts';
import type { SendUpstream, UpstreamRequest } from './upstream/send-upstream.ts';
import { serializeBody, withMaxTokens } from './body/serialize-body.ts';
import { settleSpend } from './money/settle-spend.ts';
import { buildUpstreamHeaders, pickAnswerHeaders } from './upstream/upstream-headers.ts';

export interface ModelExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly session: DoorSession;
  readonly memory: AttemptMemory;
}

export interface ModelGateway {
  readonly options: DoorOptions;
  readonly limits: DoorLimits;
  readonly send: SendUpstream;
  /** A provider that cannot be used, or null for one that answers. */
  readonly noteModel: (problem: ModelProblem | null) => void;
  /** Aborted when the door gives up on what is under way. */
  readonly closing: AbortSignal;
}

/** The model gateway: `POST …/v1/messages` and `POST …/v1/messages/count_tokens`, nothing else. */
export async function handleModel(exchange: ModelExchange, gateway: ModelGateway): Promise<void> {
  const { request, response, url, memory } = exchange;
  const path = url.pathname.slice(DOOR_PATHS.model.length);
  if (request.method !== 'POST' || (path !== '/v1/messages' && path !== '/v1/messages/count_tokens')) {
    sendRefusal(response, {
      code: 'NOT_FOUND',
      message: 'The model gateway knows POST /v1/messages and its count_tokens.',
    });
    return;
  }
  const entered = enter(memory.model, modelRules(gateway.limits, gateway.options.clock.now()));
  if (!entered.ok) {
    sendRefusal(response, entered.refusal);
    return;
  }
  try {
    const asked = await readRequest(exchange, gateway);
    if (!asked.ok) {
      sendRefusal(response, asked.refusal);
      return;
    }
    await (path === '/v1/messages' ? callModel : passCount)(exchange, gateway, asked.value);
  } finally {
    entered.value();
  }
}

interface Asked {
  readonly body: CheckedBody;
  readonly price: ModelPrice;
  /** The checked fields as JSON, without `max_tokens`. */
  readonly json: string;
}

async function readRequest(
  { request, session }: ModelExchange,
  { limits, options }: ModelGateway,
): Promise<Checked<Asked>> {
  const json = await readBody(request, limits.modelBodyBytes);
  const body = json.ok ? checkBody(json.value) : json;
  if (!body.ok) {
    return body;
  }
  const { model } = body.value;
  const allowed = [session.task.settings.model, ...(options.extraModels ?? [])];
  if (!allowed.includes(model)) {
    return refuse('UNKNOWN_MODEL', `This task may use ${allowed.join(', ')}; found ${model}.`);
  }
  const price = findPrice(options.prices, model);
  if (price === null) {
    return refuse('UNKNOWN_MODEL', `The model ${model} has no price. The operator can add one to the price table.`);
  }
  const serialized = serializeBody(body.value.fields);
  return serialized.ok ? { ok: true, value: { body: body.value, price, json: serialized.value } } : serialized;
}

async function callModel(exchange: ModelExchange, gateway: ModelGateway, asked: Asked): Promise<void> {
  const { request, response, session, memory } = exchange;
  const { limits, options } = gateway;
  const { stop, gone, release } = watchHangUp(response, gateway);
  try {
    const reserved = await reserve(
      {
        session,
        memory,
        body: asked.body,
        bytes: Buffer.byteLength(asked.json),
        price: asked.price,
        maxTokens: Math.min(asked.body.maxTokens ?? limits.defaultOutputTokens, limits.maxOutputTokens),
        minOutputTokens:
          asked.body.fields['thinking'] === undefined ? limits.minOutputTokens : 2 * limits.minOutputTokens,
        now: options.clock.now(),
        countTokens: () => countTokens(gateway.send, asked.body, countRequest(exchange, gateway, stop)),
      },
      { attempts: options.stores.attempts, log: options.log },
    );
    if (!reserved.ok) {
      sendRefusal(response, reserved.refusal);
      return;
    }
    let cost: Cost = { costNano: reserved.value.upperNano, usage: NO_COST.usage };
    try {
      const upstream: UpstreamRequest = {
        path: '/v1/messages',
        beta: exchange.url.searchParams.get('beta') === 'true',
        headers: buildUpstreamHeaders(request.headers, options.upstream),
        body: withMaxTokens(asked.json, asked.body, reserved.value.maxTokens),
        answerTimeoutMs: limits.answerTimeoutMs,
        silenceTimeoutMs: limits.silenceTimeoutMs,
        signal: stop,
      };
      const call = { upstream, gone, price: asked.price, reservation: reserved.value };
      cost = await (options.tracer ?? NO_TRACER).trace('model request', session.task, async (note) => {
        const its = await answer(exchange, gateway, call);
        note({ model: asked.body.model, cost_usd: its.costNano / 1e9, ...its.usage });
        return its;
      });
    } finally {
      void settleSpend(
        { session, memory, reservation: reserved.value, cost },
        { attempts: options.stores.attempts, clock: options.clock, log: options.log },
      );
    }
  } finally {
    release();
  }
}

/** The log with task and epoch on each line. */
function logOf({ session }: ModelExchange, log: DoorLog): DoorLog {
  const about = { taskId: session.task.id, epoch: session.attempt.epoch };
  return {
    info: (fields, message) => log.info({ ...about, ...fields }, message),
    warn: (fields, message) => log.warn({ ...about, ...fields }, message),
    error: (fields, message) => log.error({ ...about, ...fields }, message),
  };
}

/** Forwards, relays and tells what it cost. */
async function answer(
  exchange: ModelExchange,
  { options, limits, send, noteModel }: ModelGateway,
  call: { upstream: UpstreamRequest; gone: AbortSignal; price: ModelPrice; reservation: Reservation },
): Promise<Cost> {
  const { response } = exchange;
  const { reservation, price } = call;
  const forwarded = await forward(send, call.upstream, { limits, log: logOf(exchange, options.log), gone: call.gone });
  if (forwarded.kind !== 'answer') {
    const failed = explainFailure(forwarded, { now: options.clock.now(), reservation });
    if (failed.problem !== null) {
      noteModel(failed.problem);
    }
    sendRefusal(response, failed.refusal);
    return failed.cost;
  }
  const { message, status } = forwarded.sent;
  noteModel(null);
  const headers = { ...pickAnswerHeaders(message.headers), 'x-bosun-budget-left': String(reservation.leftNano) };
  const relayed = await relayAnswer({ message, status, headers }, response, call.upstream.signal);
  return status >= 200 && status < 300 ? decideCost(relayed, { price, ...reservation }) : NO_COST;
}

async function passCount(exchange: ModelExchange, gateway: ModelGateway, asked: Asked): Promise<void> {
  const { response } = exchange;
  const { limits, options, send } = gateway;
  const { stop, gone, release } = watchHangUp(response, gateway);
  try {
    const upstream = { ...countRequest(exchange, gateway, stop), body: asked.json };
    const forwarded = await forward(send, upstream, { limits, log: logOf(exchange, options.log), gone });
    if (forwarded.kind !== 'answer') {
      sendRefusal(response, explainFailure(forwarded, { now: options.clock.now(), reservation: null }).refusal);
      return;
    }
    const { message, status } = forwarded.sent;
    await relayAnswer({ message, status, headers: pickAnswerHeaders(message.headers) }, response, stop);
  } finally {
    release();
  }
}

function countRequest(
  { request, url }: ModelExchange,
  { options, limits }: ModelGateway,
  signal: AbortSignal,
): Omit<UpstreamRequest, 'body'> {
  return {
    path: '/v1/messages/count_tokens',
    beta: url.searchParams.get('beta') === 'true',
    headers: buildUpstreamHeaders(request.headers, options.upstream),
    answerTimeoutMs: Math.min(limits.answerTimeoutMs, 15_000),
    silenceTimeoutMs: limits.silenceTimeoutMs,
    signal,
  };
}

/**
 * Two signals of a worker that hung up: `gone` at once, for pauses; `stop` after the time the door listens on for the
 * usage. `stop` also ends what takes far too long and what is under way when the door closes.
 */
function watchHangUp(
  response: ServerResponse,
  { limits, closing }: ModelGateway,
): { stop: AbortSignal; gone: AbortSignal; release: () => void } {
  const gone = new AbortController();
  const late = new AbortController();
  const whole = setTimeout(() => late.abort(), limits.modelTimeoutMs);
  let afterHangUp: NodeJS.Timeout | undefined;
  function onClose(): void {
    if (isGone(response)) {
      gone.abort();
      afterHangUp = setTimeout(() => late.abort(), limits.hangUpMs);
    }
  }
  response.once('close', onClose);
  return {
    gone: gone.signal,
    stop: AbortSignal.any([late.signal, closing]),
    release: () => {
      response.off('close', onClose);
      clearTimeout(whole);
      clearTimeout(afterHangUp);
    },
  };
}
