import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface Forwarder {
  /** The door's base URL as programs in here see it. */
  readonly url: string;
  readonly close: () => void;
}

/**
 * Makes the door's Unix socket reachable by programs that only know HTTP over TCP, git among them: listens on loopback and
 * passes bytes on. Nothing is read or changed. Port 0 in the URL takes a free port.
 */
export async function forward(url: string, socketPath: string): Promise<Forwarder> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    const outer = connect({ path: socketPath, allowHalfOpen: true });
    join(inner, outer);
    join(outer, inner);
  });
  function join(from: Socket, to: Socket): void {
    open.add(from);
    from.setNoDelay(true);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
  }
  server.listen(port === '' ? 80 : Number(port), hostname);
  await once(server, 'listening');
  return {
    url: `http://${hostname}:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      open.forEach((socket) => socket.destroy());
    },
  };
}
