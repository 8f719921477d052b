import { once } from 'node:events';
import { chown, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DoorCertificate } from './tls/door-certificate.ts';

const MAX_SOCKET_PATH_BYTES = 107;

/** Where to listen: a Unix socket, or a host and port (0 lets the system choose), for other machines with TLS. */
export type ListenAt =
  | {
      readonly socketPath: string;
      /** Who may connect in addition to root, when the sandbox runs as another user. */
      readonly owner?: { readonly uid: number; readonly gid: number };
    }
  | { readonly host: string; readonly port: number; readonly tls?: DoorCertificate };

export type Listening =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly url: string };

/** Binds a server. A socket file is reachable for its owner alone, from the first moment on. */
export async function listenDoor(server: Server, at: ListenAt): Promise<Listening> {
  if (!('socketPath' in at)) {
    server.listen({ host: at.host, port: at.port });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const host = at.host.includes(':') ? `[${at.host}]` : at.host;
    return { host: at.host, port, url: `${at.tls === undefined ? 'http' : 'https'}://${host}:${port}` };
  }
  const { socketPath, owner } = at;
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(
      `The socket path has more than ${MAX_SOCKET_PATH_BYTES} bytes: ${socketPath}. Choose a shorter one.`,
    );
  }
  await removeStaleSocket(socketPath);
  // Binding happens inside listen(), so the mask is in force for exactly this file
  const mask = process.umask(0o177);
  try {
    server.listen(socketPath);
  } finally {
    process.umask(mask);
  }
  await once(server, 'listening');
  if (owner !== undefined) {
    await chown(socketPath, owner.uid, owner.gid);
  }
  return { socketPath };
}

/** A socket file left by a process that died blocks the path; anything else there is not ours to remove. */
async function removeStaleSocket(socketPath: string): Promise<void> {
  const found = await lstat(socketPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  if (found === null) {
    return;
  }
  if (!found.isSocket()) {
    throw new Error(`${socketPath} exists and is not a socket. Remove it or choose another path.`);
  }
  await unlink(socketPath);
}
