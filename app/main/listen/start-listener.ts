import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerConfig } from '../../config/server-config.ts';
import type { Logger } from '../../telemetry/log.ts';

const CLOSE_GRACE_MS = 5_000;
/** More than a proxy keeps open; each costs memory before it has said anything. */
const MAX_CONNECTIONS = 2_000;

/** Answers what it knows; resolves with false for the rest. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** HOST:PORT of a process. Every role has one, for its probes and metrics; the web role puts its own behind it. */
export interface Listener {
  readonly url: string;
  /** Asked in the order they were added. */
  add(handler: Handler): void;
  /** Requests under way get a moment; a delivery that is cut off was not answered, so the sweep asks for it again. */
  stop(): Promise<void>;
}

export async function startListener(options: {
  readonly http: ServerConfig['http'];
  readonly log: Logger;
  /** Said to whoever asks for what is not here. */
  readonly unknown: () => { readonly status: number; readonly message: string };
}): Promise<Listener> {
  const { http, log } = options;
  const handlers: Handler[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const handle of handlers) {
      if (await handle(request, response)) {
        return;
      }
    }
    const { status, message } = options.unknown();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message }));
  }

  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => {
      // What was under way when the server closed leaves a connection behind that nobody uses any more.
      response.once('close', () => {
        if (!server.listening) {
          server.closeIdleConnections();
        }
      });
      answer(request, response).catch((error: unknown) => {
        log.error('A request failed', { err: error, path: (request.url ?? '/').split('?')[0] });
        response.destroy();
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, http);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${port}`,
    add: (handler) => void handlers.push(handler),
    stop: () => closeServer(server),
  };
}

async function listen(server: Server, at: { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${at.port} on ${at.host} is in use. Set PORT to a free one, or stop the program that listens there.`,
              {
                cause: error,
              },
            )
          : error,
      );
    });
    server.listen(at.port, at.host, resolve);
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(timer);
}
