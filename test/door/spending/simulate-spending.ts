import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { PRICES } from '../../../app/budget/prices.ts';
import { priceRequest } from '../../../app/budget/price-request.ts';
import type { ModelPrice } from '../../../app/budget/prices.ts';
import { createDoor } from '../../../app/door/create-door.ts';
import { anthropicMessages } from '../../../app/door/model/anthropic/anthropic-messages.ts';
import { DOOR_PATHS } from '../../../protocol/index.ts';
import { openAttempt, TOKEN } from '../attempt-world.ts';
import { PROVIDER_BEHAVIORS } from './provider-behaviors.ts';
import type { BehaviorName, Generated } from './provider-behaviors.ts';

/** How the worker treats the answer. */
export const READERS = ['reads', 'never reads', 'reads slowly', 'half closes', 'hangs up at once', 'resets'] as const;
export type ReaderName = (typeof READERS)[number];

export interface SimulatedCall {
  readonly fate: BehaviorName;
  readonly reader: ReaderName;
  readonly stream: boolean;
  readonly maxTokens: number;
  readonly words: number;
  /** What part of its limits the request really uses. */
  readonly share: number;
}

export interface SpendingReport {
  readonly calls: number;
  /** Moments at which spent and reserved exceeded the budget. */
  readonly over: number;
  /** What the provider generated beyond what was charged, in nano-USD. */
  readonly underNano: number;
  /** Settlements above their upper bound. */
  readonly aboveBound: number;
  /** What is still reserved after all of it, in nano-USD. */
  readonly openNano: number;
}

const MODEL = 'claude-sonnet-5';
const SILENT = { info: (): void => undefined, warn: (): void => undefined, error: (): void => undefined };

/** Plays batches of parallel model calls, through a real door, on real sockets, against a provider that knows the truth. */
export async function simulateSpending(
  batches: readonly (readonly SimulatedCall[])[],
  budgetNano: number,
  fate: { readonly dies: boolean } = { dies: false },
): Promise<SpendingReport> {
  const calls = batches.flat();
  const world = await openAttempt(budgetNano);
  const provider = await startProvider(calls, look);
  const door = createDoor({
    stores: { attempts: world.attempts, checks: world.checks },
    artifacts: { append: async () => undefined, put: async () => undefined, get: async () => null },
    git: { handle: async () => ({ status: 404, headers: {}, body: Buffer.alloc(0) }) },
    provider: {
      dialect: anthropicMessages,
      baseUrl: provider.baseUrl,
      apiKey: 'the-key',
      authStyle: 'x-api-key',
      prices: PRICES,
    },
    clock: { now: () => new Date() },
    log: SILENT,
    limits: {
      firstPauseMs: 1,
      longestPauseMs: 2,
      patienceMs: 4,
      answerTimeoutMs: 150,
      silenceTimeoutMs: 150,
      modelTimeoutMs: 10_000,
      unreadBytes: 64 * 1024,
      modelConcurrency: 64,
      concurrency: 100,
      modelRequestsPerMinute: 100_000,
      requestsPerMinute: 100_000,
    },
  });
  let over = 0;

  async function look(): Promise<void> {
    const attempt = await world.attempt();
    over += attempt.spentNano + attempt.inflightNano > budgetNano ? 1 : 0;
  }

  const listening = await door.listen({ host: '127.0.0.1', port: 0 });
  const port = 'port' in listening ? listening.port : 0;
  const workers: Socket[] = [];
  let index = 0;
  for (const batch of batches) {
    const waits = batch.map((call) => playWorker({ port, call, id: index++, workers }));
    await Promise.all(waits);
    await look();
  }
  if (fate.dies) {
    // Whatever the door wanted to write from here on is lost with it.
    world.breakDown();
    workers.forEach((socket) => socket.destroy());
    await door.close({ graceMs: 0 });
    await world.settleOrphans();
  } else {
    await door.close({ graceMs: 15_000 });
    workers.forEach((socket) => socket.destroy());
  }
  await provider.close();
  await look();
  const { inflightNano, spentNano: charged } = await world.attempt();
  return {
    calls: calls.length,
    over,
    underNano: Math.max(0, provider.generatedNano() - charged),
    aboveBound: world.settled.filter(({ costNano, upperNano }) => costNano > upperNano).length,
    openNano: inflightNano,
  };
}

async function startProvider(
  calls: readonly SimulatedCall[],
  look: () => Promise<void>,
): Promise<{ baseUrl: string; generatedNano: () => number; close: () => Promise<void> }> {
  const price = PRICES.get(MODEL) as ModelPrice;
  let generatedNano = 0;

  function note({ input, output }: Generated): void {
    const tokens = { inputTokens: input, outputTokens: output };
    generatedNano += priceRequest(price, {
      ...tokens,
      cacheReadTokens: 0,
      cacheWrite1hTokens: 0,
      cacheWrite5mTokens: 0,
    });
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const asked = JSON.parse(body) as { max_tokens?: number; stream?: boolean };
      if (request.url !== '/v1/messages') {
        response.writeHead(404).end('{}');
        return;
      }
      const call = calls[Number(/call-(\d+)/.exec(body)?.[1] ?? 0)] as SimulatedCall;
      const maxOutput = asked.max_tokens ?? 0;
      void look().then(() =>
        note(
          PROVIDER_BEHAVIORS[call.fate]({
            response,
            streamAsked: asked.stream === true,
            input: Math.floor((body.length * call.share) / 2),
            output: Math.floor(maxOutput * call.share),
            maxOutput,
          }),
        ),
      );
    });
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    generatedNano: () => generatedNano,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends one request as raw bytes; resolves once the worker has done its part, which may be long before the door has. */
function playWorker(plan: { port: number; call: SimulatedCall; id: number; workers: Socket[] }): Promise<void> {
  const { call, id, port, workers } = plan;
  const body = JSON.stringify({
    model: MODEL,
    max_tokens: call.maxTokens,
    stream: call.stream,
    messages: [{ role: 'user', content: `call-${id} ${'word '.repeat(call.words)}` }],
  });
  const head = [
    `POST ${DOOR_PATHS.model}/v1/messages HTTP/1.1`,
    'host: door',
    `authorization: Bearer ${TOKEN}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ].join('\r\n');
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  workers.push(socket);
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.write(`${head}\r\n\r\n${body}`, () => {
      switch (call.reader) {
        case 'reads':
          socket.once('end', () => socket.end());
          socket.resume();
          break;
        case 'never reads':
          socket.pause();
          setImmediate(resolve);
          break;
        case 'reads slowly':
          socket.once('end', () => socket.end());
          socket.on('data', () => {
            socket.pause();
            setTimeout(() => socket.resume(), 1);
          });
          break;
        case 'half closes':
          socket.once('end', () => socket.end());
          socket.end();
          socket.resume();
          break;
        case 'hangs up at once':
          setImmediate(() => socket.destroy());
          break;
        case 'resets':
          setImmediate(() => socket.resetAndDestroy());
          break;
      }
    });
  });
}
