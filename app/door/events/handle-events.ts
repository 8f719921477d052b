import type { IncomingMessage, ServerResponse } from 'node:http';
import { takeStart, WorkerEvent } from '../../../protocol/index.ts';
import { artifactKey } from '../../store/artifacts.ts';
import type { DoorSession } from '../../store/stores.ts';
import type { StopRequest } from '../../task/task.ts';
import type { AttemptMemory } from '../attempt-memory.ts';
import { readToken, refuseStale, storeUnavailable } from '../authenticate.ts';
import type { DoorLimits } from '../door-limits.ts';
import type { DoorOptions } from '../door-options.ts';
import { readBody } from '../read-body.ts';
import { refuse, sendRefusal } from '../refusal.ts';
import type { Checked } from '../refusal.ts';
import { decideOrders } from '../wrap-up.ts';
import { cleanPrepareResult, cleanResult } from './clean-result.ts';
import { recordCheck } from './record-check.ts';
import { endLogs, joinLogs, type LogStream, type LogTexts } from './join-logs.ts';

export interface EventsExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly session: DoorSession;
  readonly memory: AttemptMemory;
}

const ALWAYS: readonly WorkerEvent['type'][] = ['heartbeat', 'progress', 'log'];
const OWN: Readonly<Record<DoorSession['kind'], readonly WorkerEvent['type'][]>> = {
  prepare: ['prepared'],
  work: ['finished'],
  check: ['check', 'checked'],
};

/** `POST /door/v1/events`: takes one event or an array and answers what to do (`DoorOrders`). */
export async function handleEvents(
  exchange: EventsExchange,
  { options, limits }: { options: DoorOptions; limits: DoorLimits },
): Promise<void> {
  const { request, response, session, memory } = exchange;
  const body = await readBody(request, limits.eventsBodyBytes);
  const events = body.ok ? parseEvents(body.value, limits.eventsPerRequest) : body;
  if (!events.ok) {
    sendRefusal(response, events.refusal);
    return;
  }
  const foreign = events.value.find(({ type }) => !ALWAYS.includes(type) && !OWN[session.kind].includes(type));
  if (foreign !== undefined) {
    const message = `A ${session.kind} session sends no event of type ${foreign.type}.`;
    sendRefusal(response, { code: 'SESSION_NOT_ALLOWED', message });
    return;
  }
  const token = readToken(request.headers);
  const clean = (text: string): string => (options.redact?.(text) ?? text).replaceAll(token ?? '\u0000', '[redacted]');
  const stop = await record(events.value, { session, memory, options, limits, clean });
  if (!stop.ok) {
    sendRefusal(response, stop.refusal);
    return;
  }
  const orders = decideOrders({
    stop: stop.value,
    money: { budgetNano: session.attempt.budgetNano, spentNano: memory.spentNano },
    askedToWrapUp: memory.askedToWrapUp,
  });
  memory.askedToWrapUp ||= orders.order === 'wrap_up';
  const answer = Buffer.from(JSON.stringify(orders));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
  response.end(answer);
}

function parseEvents(json: unknown, max: number): Checked<WorkerEvent[]> {
  const list = Array.isArray(json) ? json : [json];
  if (list.length > max) {
    return refuse('TOO_LARGE', `At most ${max} events a request; found ${list.length}.`);
  }
  const events: WorkerEvent[] = [];
  for (const [index, item] of list.entries()) {
    const parsed = WorkerEvent.safeParse(item);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const place = takeStart([index, ...(issue?.path ?? [])].map(String).join('.'), 100);
      return refuse('BAD_REQUEST', `Event ${place} is wrong: ${issue?.message ?? 'invalid'}.`);
    }
    events.push(parsed.data);
  }
  return { ok: true, value: events };
}

/** What the events of one request are handled with. */
interface EventContext {
  readonly session: DoorSession;
  readonly memory: AttemptMemory;
  readonly options: DoorOptions;
  readonly limits: DoorLimits;
  readonly clean: (text: string) => string;
}

/** Records the events; of several of one kind only the last matters, except for log lines. */
async function record(events: readonly WorkerEvent[], context: EventContext): Promise<Checked<StopRequest | null>> {
  const { attempts, checks } = context.options.stores;
  const at = {
    taskId: context.session.task.id,
    epoch: context.session.attempt.epoch,
    now: context.options.clock.now(),
  };
  let stop = context.session.task.stop;
  try {
    await appendLogs(events, context);
    if (events.some((event) => event.type === 'heartbeat')) {
      const beat = await attempts.heartbeat(at);
      if (!beat.current) {
        return refuseStale();
      }
      stop = beat.stop;
    }
    const progress = events.findLast((event) => event.type === 'progress');
    if (progress !== undefined) {
      const { phase, turn, note } = progress;
      const written = await attempts.progress({
        ...at,
        progress: {
          phase,
          turn: turn ?? context.session.attempt.progress?.turn ?? 0,
          note: note === undefined ? null : context.clean(note),
        },
      });
      if (!written.current) {
        return refuseStale();
      }
    }
    const finished = events.findLast((event) => event.type === 'finished');
    if (finished !== undefined) {
      // The orchestrator that the result wakes finds the money settled.
      await Promise.all(context.memory.settling);
      const written = await attempts.finish({ ...at, result: cleanResult(finished.result, context.clean) });
      if (!written.current) {
        return refuseStale();
      }
    }
    const prepared = events.findLast((event) => event.type === 'prepared');
    if (prepared !== undefined) {
      const written = await attempts.finishPrepare({
        ...at,
        result: cleanPrepareResult(prepared.result, context.clean),
      });
      if (!written.current) {
        return refuseStale();
      }
    }
    for (const event of events) {
      const isCurrent = event.type !== 'check' || (await recordCheck(event, { ...context, ...at, checks })).current;
      if (!isCurrent) {
        return refuseStale();
      }
    }
    const checked = events.findLast((event) => event.type === 'checked');
    if (checked !== undefined) {
      const { reason } = checked.result;
      const result = { ...checked.result, ...(reason === undefined ? {} : { reason: context.clean(reason) }) };
      if (!(await checks.finish({ ...at, result })).current) {
        return refuseStale();
      }
    }
    return { ok: true, value: stop };
  } catch (error) {
    return storeUnavailable(context.options.log, error);
  }
}

/** Appends the complete lines of each log, and with the last event of the session the rest. */
async function appendLogs(events: readonly WorkerEvent[], context: EventContext): Promise<void> {
  const { session, memory, options, clean } = context;
  const { complete, tails } = joinLogs(memory.logTails, readPieces(events, context), clean);
  const isOver = events.some(({ type }) => ['finished', 'prepared', 'checked'].includes(type));
  const before = memory.logTails;
  memory.logTails = isOver ? new Map() : tails;
  try {
    for (const texts of isOver ? [complete, endLogs(tails, clean)] : [complete]) {
      for (const [stream, text] of texts) {
        const key = artifactKey({ taskId: session.task.id, epoch: session.attempt.epoch }, `${stream}.log`);
        await options.artifacts.append(key, Buffer.from(text));
      }
    }
  } catch (error) {
    // The worker sends these events again.
    memory.logTails = before;
    throw error;
  }
}

function readPieces(events: readonly WorkerEvent[], { memory, limits }: EventContext): LogTexts {
  const pieces = new Map<LogStream, string>();
  for (const event of events) {
    if (event.type === 'log' && memory.logBytes <= limits.logBytesPerAttempt) {
      memory.logBytes += Buffer.byteLength(event.text);
      const isCapped = memory.logBytes > limits.logBytesPerAttempt;
      const text = isCapped ? '\n[the rest of the log was dropped]\n' : event.text;
      pieces.set(event.stream, `${pieces.get(event.stream) ?? ''}${text}`);
    }
  }
  return pieces;
}
