import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { DOOR_CODES, DOOR_PATHS, WorkerEvent } from '../../protocol/index.ts';
import type { DoorCode, DoorOrders, WorkerResult } from '../../protocol/index.ts';
import { serveGit } from '../../demo/github/git/smart-http.ts';
import { createScriptedModel } from '../../demo/model/create-scripted-model.ts';
import type { ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';

/** A small door for one attempt: real git behind it, a scripted model, and a memory of what it was told. */
export interface TestDoor {
  readonly socketPath: string;
  readonly model: ScriptedModel;
  readonly events: WorkerEvent[];
  /** `METHOD path`, in order. */
  readonly requests: string[];
  order: DoorOrders['order'];
  /** Answers model requests with this refusal while set. */
  refuseModel: DoorCode | null;
  /** Answers the next model request with this refusal. */
  refuseModelOnce: DoorCode | null;
  /** Answers everything with 503 while set, as a door without its database does. */
  away: boolean;
  /** Answers events with 409 while set. */
  stale: boolean;
  readonly waitFor: (wanted: (event: WorkerEvent) => boolean) => Promise<WorkerEvent>;
  readonly result: () => WorkerResult | undefined;
  readonly close: () => Promise<void>;
}

export async function startDoor(options: {
  home: string;
  bare: string;
  token: string;
  script: ModelScript;
}): Promise<TestDoor> {
  const model = await createScriptedModel({ script: options.script });
  const socketPath = path.join(options.home, 'door.sock');
  let waiting: { wanted: (event: WorkerEvent) => boolean; resolve: (event: WorkerEvent) => void }[] = [];

  const door: TestDoor = {
    socketPath,
    model,
    events: [],
    requests: [],
    order: 'continue',
    refuseModel: null,
    refuseModelOnce: null,
    away: false,
    stale: false,
    waitFor: (wanted) => {
      const known = door.events.find(wanted);
      return known === undefined ? new Promise((resolve) => waiting.push({ wanted, resolve })) : Promise.resolve(known);
    },
    result: () => door.events.flatMap((event) => (event.type === 'finished' ? [event.result] : []))[0],
    close: async () => {
      server.closeAllConnections();
      server.close();
      await model.close();
    },
  };

  const server = createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://door');
    door.requests.push(`${request.method} ${url.pathname}`);
    if (door.away) {
      return refuse(response, 'STORE_UNAVAILABLE');
    }
    if (request.headers.authorization !== `Bearer ${options.token}` && request.headers['x-api-key'] !== options.token) {
      return refuse(response, 'UNKNOWN_TOKEN');
    }
    if (url.pathname === DOOR_PATHS.events) {
      return door.stale ? refuse(response, 'STALE_EPOCH') : takeEvents(request, response);
    }
    if (url.pathname.startsWith(DOOR_PATHS.model)) {
      const refusal = door.refuseModel ?? door.refuseModelOnce;
      door.refuseModelOnce = null;
      return refusal === null
        ? passOn(request, response, url.pathname.slice(DOOR_PATHS.model.length))
        : refuse(response, refusal);
    }
    const service = url.pathname.slice(DOOR_PATHS.git.length).replace(/^\//, '');
    await serveGit({ dir: options.bare, service, query: url.search, remoteUser: 'worker', request, response });
  }

  async function takeEvents(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const told: unknown = JSON.parse((await readBody(request)).toString('utf8'));
    for (const one of Array.isArray(told) ? told : [told]) {
      const event = WorkerEvent.parse(one);
      door.events.push(event);
      const ready = waiting.filter(({ wanted }) => wanted(event));
      waiting = waiting.filter((waiter) => !ready.includes(waiter));
      ready.forEach(({ resolve }) => resolve(event));
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ order: door.order }));
  }

  function passOn(request: IncomingMessage, response: ServerResponse, target: string): void {
    const upstream = httpRequest(model.url + target, {
      method: request.method,
      headers: {
        'content-type': 'application/json',
        'x-api-key': model.key,
        'anthropic-version': String(request.headers['anthropic-version']),
      },
    });
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
      answer.on('close', () => response.end());
      answer.on('aborted', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  }

  server.listen(socketPath);
  await once(server, 'listening');
  return door;
}

function refuse(response: ServerResponse, code: DoorCode): void {
  const retryable = code === 'STORE_UNAVAILABLE';
  response.writeHead(DOOR_CODES[code], { 'content-type': 'application/json', 'x-should-retry': String(retryable) });
  response.end(JSON.stringify({ type: 'error', error: { type: code, message: `refused with ${code}` } }));
}

async function readBody(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
