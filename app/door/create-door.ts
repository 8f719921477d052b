import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { AttemptMemories } from './attempt-memory.ts';
import { Connections } from './connections.ts';
import { DOOR_LIMITS } from './door-limits.ts';
import type { DoorOptions, ModelProblem } from './door-options.ts';
import { listenDoor } from './listen-door.ts';
import type { Listening, ListenAt } from './listen-door.ts';
import type { ModelProvider } from './model/dialect.ts';
import type { ModelGateway } from './model/model-exchange.ts';
import { RetiredModels } from './model/retired-models.ts';
import { createSendUpstream } from './model/upstream/send-upstream.ts';
import { sendRefusal } from './refusal.ts';
import { routeRequest } from './route-request.ts';

export interface Door {
  /** Opens one more listener; all of them lead to the same door. */
  listen(at: ListenAt): Promise<Listening>;
  /**
   * Takes no more connections, lets model requests under way end within `graceMs`, then gives them up, and resolves when
   * every one of them is settled.
   */
  close(options?: { graceMs: number }): Promise<void>;
}

/**
 * The door: all a worker can reach. Every request is authenticated by the token of its attempt and refused with 409 once
 * the attempt is over; without a store nothing is let through. It holds the model key, so it must never be reachable by
 * anyone but workers: a Unix socket, loopback, or TLS in a network where nothing else can reach it.
 */
export function createDoor(options: DoorOptions): Door {
  const limits = { ...DOOR_LIMITS, ...options.limits };
  const closing = new AbortController();
  const memories = new AttemptMemories();
  const connections = new Connections(limits);
  const servers = new Set<Server>();
  const underWay = new Set<Promise<void>>();
  /** Undefined until the first answer, so that a success also ends what an earlier process reported. */
  let lastProblem: ModelProblem | null | undefined;

  /** Passes a problem on, and once that the provider answers. */
  async function noteModel(problem: ModelProblem | null): Promise<void> {
    const changed = problem !== null || lastProblem !== null;
    lastProblem = problem;
    if (problem !== null) {
      options.log.error('door: the model provider cannot be used', { problem });
    }
    if (changed) {
      await options.onModelProblem?.(problem);
    }
  }

  /** The state of the server follows its main provider; a problem of another one concerns only the tasks that use it. */
  async function logProblem(problem: ModelProblem | null): Promise<void> {
    if (problem !== null) {
      options.log.error('door: a further model provider cannot be used', { problem });
    }
  }

  const retired = new RetiredModels(options.clock);

  function openGateway(provider: ModelProvider): ModelGateway {
    const note = provider === options.provider ? noteModel : logProblem;
    const send = createSendUpstream(provider);
    return { options, limits, provider, send, noteModel: note, retired, closing: closing.signal };
  }

  const gateways = [...(options.moreProviders ?? []), options.provider].map(openGateway);
  const rooms = { options, limits, memories, connections, gateways };

  function handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy());
    const work = routeRequest({ request, response }, rooms)
      .catch((error: unknown) => {
        options.log.error('door: a request failed', { err: error, method: request.method });
        sendRefusal(response, {
          code: 'INTERNAL',
          message: 'The door had an internal error; the server log has the details.',
        });
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }

  /** What a worker printed last may have no end of line; nothing follows it here. */
  async function flushLogs(): Promise<void> {
    for (const { key, texts } of memories.takeLogEnds(options.redact ?? ((text) => text))) {
      for (const [stream, text] of texts) {
        await options.artifacts.append(`${key}/${stream}.log`, Buffer.from(text)).catch((error: unknown) => {
          options.log.warn('door: the end of a log was lost', { err: error, key, stream });
        });
      }
    }
  }

  function openServer(at: ListenAt): Server {
    const options: ServerOptions = {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      noDelay: true,
    };
    if (!('host' in at) || at.tls === undefined) {
      return createServer(options, handle);
    }
    const { key, certificate: cert } = at.tls;
    const handshakeTimeout = limits.headersTimeoutMs;
    return createTlsServer({ ...options, key, cert, minVersion: 'TLSv1.3', handshakeTimeout }, handle);
  }

  return {
    async listen(at: ListenAt): Promise<Listening> {
      const server = openServer(at);
      server.maxConnections = limits.connections;
      server.on('connection', (socket) => connections.add(socket));
      server.on('secureConnection', (socket: TLSSocket) => connections.secure(socket));
      const listening = await listenDoor(server, at);
      server.on('error', (error) => options.log.error('door: a listener failed', { err: error }));
      servers.add(server);
      return listening;
    },

    async close({ graceMs }: { graceMs: number } = { graceMs: 0 }): Promise<void> {
      const closed = [...servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      const giveUp = setTimeout(() => {
        closing.abort();
        servers.forEach((server) => server.closeAllConnections());
      }, graceMs);
      // A connection that stays open may carry one more request while another ends.
      while (underWay.size > 0) {
        await Promise.all(underWay);
      }
      clearTimeout(giveUp);
      closing.abort();
      servers.forEach((server) => server.closeAllConnections());
      await Promise.all([...closed, memories.settled()]);
      await flushLogs();
      servers.clear();
    },
  };
}
