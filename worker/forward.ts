import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import type { RemoteDoor } from '../protocol/index.ts';
import { findSockets } from './door/find-sockets.ts';
import { connectionTo } from './door/remote-door.ts';

export interface Forwarder {
  /** The door's base URL as programs in here see it. */
  readonly url: string;
  readonly close: () => void;
}

/** A door that is started again is back within this; what waits for it is held and not refused. */
const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 200;
const DIAL_MS = 10_000;

/** Where the door is: its Unix socket or a directory of such, or another machine. */
export type DoorPlace = string | RemoteDoor;

/**
 * Makes the door reachable by programs that only know HTTP over TCP, git among them: listens on loopback and passes bytes
 * on to its Unix socket or over TLS to another machine. Nothing is read or changed. Port 0 in the URL takes a free port.
 * Each connection goes to any socket there is at that moment, so that a door may go and another come.
 */
export async function forward(
  url: string,
  door: DoorPlace,
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
    void reach(door, { until, isWanted: () => !inner.destroyed }).then((outer) => {
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
      // Not before what came from there was passed on
      to.destroySoon();
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
async function reach(door: DoorPlace, options: { until: number; isWanted: () => boolean }): Promise<Socket | null> {
  for (;;) {
    const dials = typeof door === 'string' ? findSockets(door).map(dialSocket) : [dialRemote(door)];
    for (const dial of dials) {
      const socket = dial();
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.once(typeof door === 'string' ? 'connect' : 'secureConnect', () => resolve(true));
        socket.once('error', () => resolve(false));
        socket.setTimeout(DIAL_MS, () => resolve(false));
      });
      if (isOpen) {
        socket.setTimeout(0);
        return socket;
      }
      socket.destroy();
    }
    if (!options.isWanted() || performance.now() + LOOK_AGAIN_MS > options.until) {
      return null;
    }
    await pause(LOOK_AGAIN_MS);
  }
}

function dialSocket(path: string): () => Socket {
  return () => connect({ path, allowHalfOpen: true });
}

function dialRemote(door: RemoteDoor): () => Socket {
  return () => connectSecurely(connectionTo(door));
}
