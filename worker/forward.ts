import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { findSockets } from './door/find-sockets.ts';

export interface Forwarder {
  /** The door's base URL as programs in here see it. */
  readonly url: string;
  readonly close: () => void;
}

/** A door that is started again is back within this; what waits for it is held and not refused. */
const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 200;

/**
 * Makes the door's Unix socket reachable by programs that only know HTTP over TCP, git among them: listens on loopback and
 * passes bytes on. Nothing is read or changed. Port 0 in the URL takes a free port. Each connection goes to any socket
 * there is at that moment, so that a door may go and another come.
 */
export async function forward(
  url: string,
  socketPath: string,
  options: { readonly patienceMs: number } = { patienceMs: PATIENCE_MS },
): Promise<Forwarder> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (inner) => {
    open.add(inner);
    inner.setNoDelay(true);
    inner.on('close', () => open.delete(inner));
    inner.on('error', () => inner.destroy());
    const until = performance.now() + options.patienceMs;
    void reach(socketPath, { until, isWanted: () => !inner.destroyed }).then((outer) => {
      if (outer === null || inner.destroyed) {
        inner.destroy();
        outer?.destroy();
        return;
      }
      open.add(outer);
      outer.setNoDelay(true);
      join(inner, outer);
      join(outer, inner);
    });
  });
  function join(from: Socket, to: Socket): void {
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

/** A connection to a door that answers; null when none did before patience ended. */
async function reach(socketPath: string, options: { until: number; isWanted: () => boolean }): Promise<Socket | null> {
  for (;;) {
    for (const candidate of findSockets(socketPath)) {
      const outer = connect({ path: candidate, allowHalfOpen: true });
      const connected = await new Promise<boolean>((resolve) => {
        outer.once('connect', () => resolve(true));
        outer.once('error', () => resolve(false));
      });
      if (connected) {
        return outer;
      }
    }
    if (!options.isWanted() || performance.now() + LOOK_AGAIN_MS > options.until) {
      return null;
    }
    await pause(LOOK_AGAIN_MS);
  }
}
