import { NO_TRACER } from '../../telemetry/tracer.ts';
import type { Log } from '../../task/ports/log.ts';
import { isGone } from '../write-all.ts';
import { nameProvider } from './dialect.ts';
import type { ModelRequest, UpstreamCall } from './dialect.ts';
import { explainFailure } from './explain-failure.ts';
import { refuseModel } from './model-exchange.ts';
import type { Asked, ModelExchange, ModelGateway } from './model-exchange.ts';
import { decideCost, NO_COST } from './money/decide-cost.ts';
import type { Cost } from './money/decide-cost.ts';
import { reserve } from './money/reserve.ts';
import type { Reservation } from './money/reserve.ts';
import { settleSpend } from './money/settle-spend.ts';
import { countTokens } from './upstream/count-tokens.ts';
import { forward } from './upstream/forward.ts';
import { readRetired } from './upstream/read-retired.ts';
import { relayAnswer } from './upstream/relay-answer.ts';
import type { UpstreamRequest } from './upstream/send-upstream.ts';
import { pickAnswerHeaders } from './upstream/upstream-headers.ts';

const LONGEST_COUNT_MS = 15_000;

/** Reserves the upper bound of a request, sends it, relays the answer, and settles what it cost. */
export async function callModel(
  exchange: ModelExchange,
  gateway: ModelGateway,
  asked: Asked,
): Promise<'answered' | 'retired'> {
  const { session, memory } = exchange;
  const { limits, options } = gateway;
  const { request, price } = asked;
  const leastOutput = limits.minOutputTokens * (request.thinks ? 2 : 1);
  const watched = watch(exchange, gateway);
  try {
    const reserved = await reserve(
      {
        session,
        memory,
        asked: request,
        price,
        provider: nameProvider(gateway.provider),
        maxTokens: Math.min(request.maxOutputTokens ?? limits.defaultOutputTokens, limits.maxOutputTokens),
        minOutputTokens: leastOutput,
        now: options.clock.now(),
        countTokens: () => countPrompt(gateway, request, watched.stop),
      },
      { attempts: options.stores.attempts, log: options.log },
    );
    if (!reserved.ok) {
      refuseModel(exchange, gateway, reserved.refusal);
      return 'answered';
    }
    const reservation = reserved.value;
    let cost: Cost = { costNano: reservation.upperNano, usage: NO_COST.usage };
    let found: Cost | 'retired' = cost;
    try {
      found = await (options.tracer ?? NO_TRACER).trace('model request', session.task, async (note) => {
        const came = await answer(exchange, gateway, { ...asked, reservation, ...watched });
        const { costNano, usage } = came === 'retired' ? NO_COST : came;
        note({ model: request.model, cost_usd: costNano / 1e9, ...usage });
        return came;
      });
      cost = found === 'retired' ? NO_COST : found;
    } finally {
      void settleSpend(
        { session, memory, reservation, cost },
        { attempts: options.stores.attempts, clock: options.clock, log: options.log },
      );
    }
    return found === 'retired' ? 'retired' : 'answered';
  } finally {
    watched.release();
  }
}

/** Passes a request for the length of a prompt on; it costs nothing. */
export async function passCount(
  exchange: ModelExchange,
  gateway: ModelGateway,
  asked: Asked,
): Promise<'answered' | 'retired'> {
  const { response } = exchange;
  const { limits, options, send } = gateway;
  const { count } = asked.request;
  if (count === null) {
    refuseModel(exchange, gateway, {
      code: 'NOT_FOUND',
      message: 'This provider cannot count the tokens of a prompt.',
    });
    return 'answered';
  }
  const { stop, gone, release } = watch(exchange, gateway);
  try {
    const upstream = countRequest(gateway, count.call, stop);
    const forwarded = await forward(send, upstream, { limits, log: logOf(exchange, options.log), gone });
    if (forwarded.kind !== 'answer') {
      const { refusal } = explainFailure(forwarded, { now: options.clock.now(), paid: null });
      refuseModel(exchange, gateway, refusal);
      return 'answered';
    }
    const read = await readRetired(forwarded.sent, asked);
    if (read === 'retired') {
      return 'retired';
    }
    const { message, status } = read;
    const reader = gateway.provider.dialect.readAnswer(message.headers['content-type'] ?? '');
    await relayAnswer(
      { message, status, headers: pickAnswerHeaders(message.headers) },
      { response, reader },
      { stop, maxBytes: limits.answerBytes, maxUnreadBytes: limits.unreadBytes },
    );
    return 'answered';
  } finally {
    release();
  }
}

/** Sends, relays, and concludes what it cost. */
async function answer(
  exchange: ModelExchange,
  gateway: ModelGateway,
  call: Asked & { reservation: Reservation; stop: AbortSignal; gone: AbortSignal },
): Promise<Cost | 'retired'> {
  const { options, limits, send, noteModel } = gateway;
  const { request, reservation, stop } = call;
  const bounds = { ...reservation, price: call.price };
  const upstream: UpstreamRequest = {
    call: request.generate(reservation.maxTokens),
    answerTimeoutMs: limits.answerTimeoutMs,
    silenceTimeoutMs: limits.silenceTimeoutMs,
    signal: stop,
  };
  const forwarded = await forward(send, upstream, { limits, log: logOf(exchange, options.log), gone: call.gone });
  const now = options.clock.now();
  if (forwarded.kind !== 'answer') {
    const failed = explainFailure(forwarded, { now, paid: { ...bounds, stream: request.stream } });
    if (failed.problem !== null) {
      // Before the worker hears of it, so that what ends the attempt finds the problem recorded
      await noteModel(failed.problem);
    }
    refuseModel(exchange, gateway, failed.refusal);
    return failed.cost;
  }
  const read = await readRetired(forwarded.sent, call);
  if (read === 'retired') {
    return 'retired';
  }
  const { message, status } = read;
  const reader = gateway.provider.dialect.readAnswer(message.headers['content-type'] ?? '');
  const headers = { ...pickAnswerHeaders(message.headers), 'x-bosun-budget-left': String(reservation.leftNano) };
  const { ending, facts } = await relayAnswer(
    { message, status, headers },
    { response: exchange.response, reader },
    { stop, maxBytes: limits.answerBytes, maxUnreadBytes: limits.unreadBytes },
  );
  if (status < 200 || status >= 300) {
    return NO_COST;
  }
  const problem = facts.error === null || facts.error.kind === 'request' ? null : facts.error.kind;
  void noteModel(problem === null ? null : { kind: problem, status, at: now });
  return decideCost({ ending, streamed: reader.streamed, facts }, bounds);
}

function countPrompt(gateway: ModelGateway, { count }: ModelRequest, stop: AbortSignal): Promise<number | null> {
  return count === null
    ? Promise.resolve(null)
    : countTokens(gateway.send, count, countRequest(gateway, count.call, stop));
}

function countRequest({ limits }: ModelGateway, call: UpstreamCall, signal: AbortSignal): UpstreamRequest {
  return {
    call,
    answerTimeoutMs: Math.min(limits.answerTimeoutMs, LONGEST_COUNT_MS),
    silenceTimeoutMs: limits.silenceTimeoutMs,
    signal,
  };
}

/** The log with task and epoch on each line. */
function logOf({ session }: ModelExchange, log: Log): Log {
  const about = { taskId: session.task.id, epoch: session.attempt.epoch };
  return {
    info: (message, fields) => log.info(message, { ...about, ...fields }),
    warn: (message, fields) => log.warn(message, { ...about, ...fields }),
    error: (message, fields) => log.error(message, { ...about, ...fields }),
  };
}

/**
 * `gone` aborts when the worker hangs up: no further try is made for it. `stop` aborts at the hard deadline and when the
 * door closes; an answer that has begun is read until then, whether or not the worker is there.
 */
function watch(
  { response }: ModelExchange,
  { limits, closing }: ModelGateway,
): { stop: AbortSignal; gone: AbortSignal; release: () => void } {
  const gone = new AbortController();
  const late = new AbortController();
  const deadline = setTimeout(() => late.abort(), limits.modelTimeoutMs);
  function onClose(): void {
    if (isGone(response)) {
      gone.abort();
    }
  }
  response.once('close', onClose);
  return {
    gone: gone.signal,
    stop: AbortSignal.any([late.signal, closing]),
    release: () => {
      response.off('close', onClose);
      clearTimeout(deadline);
    },
  };
}
