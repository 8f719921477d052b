import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands before an engine, so that a test can make it go away and come back without ending its containers. */
export interface EngineProxy {
  readonly socketPath: string;
  open(): Promise<void>;
  /** Cuts every connection off; nobody answers from here on. */
  cut(): Promise<void>;
}

export function createEngineProxy(engineSocket: string, socketPath: string): EngineProxy {
  const sockets = new Set<Socket>();
  let server: Server | null = null;

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  return {
    socketPath,
    async open() {
      server = createServer({ allowHalfOpen: true }, (inner) => {
        const outer = connect({ path: engineSocket, allowHalfOpen: true });
        [inner, outer].forEach(track);
        inner.pipe(outer);
        outer.pipe(inner);
        inner.on('close', () => outer.destroy());
        outer.on('close', () => inner.destroy());
      });
      server.listen(socketPath);
      await once(server, 'listening');
    },
    async cut() {
      const closed = server === null ? Promise.resolve() : once(server, 'close');
      server?.close();
      server = null;
      sockets.forEach((socket) => socket.destroy());
      await closed;
      rmSync(socketPath, { force: true });
    },
  };
}
