import { once } from 'node:events';
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { DOOR_PATHS } from '../../protocol/index.ts';
import type { Job } from '../../protocol/index.ts';
import { findSockets } from '../door/find-sockets.ts';

export interface PackageForwarder {
  /** Where package managers find the mirrors: `<url>/<registry>/`. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Package managers open many connections; more wait here instead of being refused at the door. */
const MAX_SOCKETS = 32;
/** Those a client has no business in sending here, or that end at each hop. */
const DROPPED = [
  'authorization',
  'x-api-key',
  'proxy-authorization',
  'proxy-connection',
  'connection',
  'cookie',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
];

/**
 * Listens on loopback for package managers and passes their GET and HEAD requests on to the door's mirrors, with the token
 * of the attempt, which set-up code therefore never sees. Anything else is refused here already. Requests to `proxied`
 * origins in absolute form, as apt sends them to a proxy, go to the mirror of that registry.
 */
export async function forwardPackages(
  door: Pick<Job['door'], 'url' | 'socketPath' | 'token'>,
  proxied: Readonly<Record<string, string>> = {},
): Promise<PackageForwarder> {
  const target = new URL(door.url);
  const isSecure = door.socketPath === undefined && target.protocol === 'https:';
  const agent = new (isSecure ? https : http).Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request, proxied);
    if (path === null || (request.method !== 'GET' && request.method !== 'HEAD')) {
      request.resume();
      response.writeHead(path === null ? 403 : 405, 'Only GET and HEAD requests to the package mirrors pass here.');
      response.end();
      return;
    }
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !DROPPED.includes(name)));
    const outgoing = (isSecure ? https : http).request({
      agent,
      method: request.method,
      path,
      headers: { ...headers, authorization: `Bearer ${door.token}` },
      ...(door.socketPath === undefined
        ? { host: target.hostname, port: target.port }
        : { socketPath: findSockets(door.socketPath)[0] ?? door.socketPath }),
    });
    outgoing.once('response', (answer) => {
      const { connection: _connection, 'keep-alive': _keepAlive, ...passed } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passed);
      answer.pipe(response);
      // A cut answer has to reach the client as one
      answer.once('error', () => response.destroy());
    });
    outgoing.once('error', () => {
      if (response.headersSent) {
        response.destroy();
      } else {
        response.writeHead(502, 'The door does not answer.').end();
      }
    });
    response.once('close', () => outgoing.destroy());
    outgoing.end();
  }

  const server = http.createServer(pass);
  server.on('connect', (_request, socket) =>
    socket.end('HTTP/1.1 405 Package mirrors take no tunnels\r\ncontent-length: 0\r\n\r\n'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${DOOR_PATHS.packages}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

/** The path at the door, or null when the request is for anything but a mirror. */
function pathOf(request: IncomingMessage, proxied: Readonly<Record<string, string>>): string | null {
  const target = request.url ?? '';
  for (const [origin, mirror] of Object.entries(proxied)) {
    if (target.startsWith(`${origin}/`)) {
      return `${DOOR_PATHS.packages}/${mirror}${target.slice(origin.length)}`;
    }
  }
  return target.startsWith(`${DOOR_PATHS.packages}/`) ? target : null;
}
