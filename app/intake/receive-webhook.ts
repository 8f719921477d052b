import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../task/clock.ts';
import type { InboxStore } from '../store/stores.ts';
import { eventFitsBody, isEventName } from './check-event.ts';
import { type Body, type BodyLimits, createBodyReader } from './read-body.ts';
import { scanJson } from './scan-json.ts';
import { isSignature, verifySignature } from './verify-signature.ts';

/**
 * GitHub sends at most 25 MB (larger events are never sent at all) and gives up on an answer after 10 s. All bodies together
 * may hold what four of the largest do.
 */
const BODY_LIMITS: BodyLimits = {
  maxBytes: 25 * 1024 * 1024,
  heldBytes: 100 * 1024 * 1024,
  totalMs: 10_000,
  idleMs: 3_000,
};
const MAX_DEPTH = 64;
const PATIENCE_MS = 8_000;

export interface WebhookOptions {
  readonly inbox: Pick<InboxStore, 'record'>;
  /** One secret, or two while rotating. */
  readonly secrets: readonly string[];
  readonly clock: Clock;
  /** Called once per answer: event name as sent, status, and milliseconds. */
  readonly onAnswer?: (answer: { event: string; status: number; durationMs: number }) => void;
  readonly onError?: (error: unknown) => void;
  /** Smaller in tests. */
  readonly bodies?: Partial<BodyLimits>;
}

/**
 * Answers one delivery: raw bytes → signature → shape → one INSERT → 202. Nothing is routed here, because GitHub counts
 * a 2xx as delivered and never sends it again: the row must be durable first (L1).
 *
 * Nothing is read of a request without a signature and a length, because until the signature is checked anybody may have
 * sent it.
 *
 * Statuses: 202 recorded (also when it was there before), 400 not a delivery, 401 signature, 405 method, 408 too slow,
 * 411 no length, 413 over 25 MiB, 415 compressed or not JSON, 503 too many bodies at once, or the database did not take it
 * within 8 s; the sweep asks for it again.
 */
export function createWebhookReceiver(
  options: WebhookOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const readBody = createBodyReader({ ...BODY_LIMITS, ...options.bodies });
  return async function receive(request, response) {
    const startedAt = performance.now();
    const answer = await judge(request, { ...options, readBody });
    if (!response.headersSent && !response.destroyed) {
      // A body that was not read to its end must not be taken for the next request.
      if (answer.status >= 400) {
        response.setHeader('connection', 'close');
      }
      const text = JSON.stringify({ message: answer.message });
      // With the length known, head and body leave in one packet and not as chunks.
      response.writeHead(answer.status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      });
      response.end(text);
    }
    const event = header(request, 'x-github-event') ?? 'none';
    options.onAnswer?.({
      event: isEventName(event) ? event : 'invalid',
      status: answer.status,
      durationMs: performance.now() - startedAt,
    });
  };
}

interface Answer {
  readonly status: number;
  readonly message: string;
}

const BODY_ANSWERS: Readonly<Record<Extract<Body, { ok: false }>['why'], Answer>> = {
  no_length: { status: 411, message: 'GitHub sends a Content-Length; bodies without one are refused.' },
  too_large: { status: 413, message: 'The body is larger than 25 MiB.' },
  aborted: { status: 400, message: 'The body ended early.' },
  slow: { status: 408, message: 'The body came too slowly; Bosun will fetch it again.' },
  crowded: { status: 503, message: 'Too many bodies came at once; Bosun will fetch the delivery again.' },
};

async function judge(
  request: IncomingMessage,
  options: WebhookOptions & { readBody: (request: IncomingMessage) => Promise<Body> },
): Promise<Answer> {
  if (request.method !== 'POST') {
    return { status: 405, message: 'Deliveries are sent with POST.' };
  }
  if (header(request, 'content-encoding') !== undefined) {
    return { status: 415, message: 'GitHub does not compress deliveries; content encodings are refused.' };
  }
  if (!(header(request, 'content-type') ?? '').startsWith('application/json')) {
    return { status: 415, message: 'Set the content type of the webhook to application/json.' };
  }
  const event = header(request, 'x-github-event') ?? '';
  const id = header(request, 'x-github-delivery') ?? '';
  if (!isEventName(event) || !/^[0-9a-zA-Z-]{1,64}$/.test(id)) {
    return { status: 400, message: 'X-GitHub-Event or X-GitHub-Delivery is missing or malformed.' };
  }
  if (Number(header(request, 'content-length') ?? 0) > (options.bodies?.maxBytes ?? BODY_LIMITS.maxBytes)) {
    return BODY_ANSWERS.too_large;
  }
  const signature = header(request, 'x-hub-signature-256');
  if (!isSignature(signature)) {
    return {
      status: 401,
      message: 'X-Hub-Signature-256 is missing or malformed: set a secret for the webhook of the App.',
    };
  }
  const body = await options.readBody(request);
  if (!body.ok) {
    return BODY_ANSWERS[body.why];
  }
  if (!(await verifySignature(body.bytes, signature, options.secrets))) {
    return { status: 401, message: 'The signature does not match: compare WEBHOOK_SECRET with the secret of the App.' };
  }
  const scan = scanJson(body.bytes, { maxDepth: MAX_DEPTH });
  if (!scan.ok) {
    return {
      status: 400,
      message: scan.why === 'too_deep' ? 'The body nests deeper than 64 levels.' : 'The body is not a JSON object.',
    };
  }
  if (!eventFitsBody(event, scan.keys)) {
    return { status: 400, message: 'The body does not match the event that X-GitHub-Event names.' };
  }
  return record({ id, event, body: body.bytes }, options);
}

async function record(delivery: { id: string; event: string; body: Buffer }, options: WebhookOptions): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), PATIENCE_MS);
  });
  try {
    const write = options.inbox.record({ ...delivery, receivedAt: options.clock.now() });
    const result = await Promise.race([write, late]);
    if (result === 'late') {
      write.catch((error: unknown) => options.onError?.(error));
      return { status: 503, message: 'The database did not answer in time; Bosun will fetch the delivery again.' };
    }
    return { status: 202, message: result.recorded ? 'Recorded.' : 'Known already.' };
  } catch (error) {
    options.onError?.(error);
    return { status: 503, message: 'The delivery could not be stored; Bosun will fetch it again.' };
  } finally {
    clearTimeout(timer);
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
