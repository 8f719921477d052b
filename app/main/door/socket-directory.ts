import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Longest directory that leaves room for a socket's name: a Unix socket's path has at most 107 bytes. */
const MAX_DIRECTORY_BYTES = 90;
const SOCKET_NAME = /^[^.].*\.sock$/;

/**
 * Where every door of a data directory has its socket, and the only place of this machine that a worker sees: it takes
 * any that answers, so doors come and go while it runs. Below the data directory, or below the system's directory for
 * temporary files where that path is too long. The directory is open, and lies in one that only its owner may enter.
 */
export async function socketDirectory(dataDir: string): Promise<string> {
  const wanted = path.resolve(dataDir, 'door', 'open');
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const directory =
    Buffer.byteLength(wanted) <= MAX_DIRECTORY_BYTES ? wanted : path.join(tmpdir(), `bosun-${name}`, 'open');
  const outer = path.dirname(directory);
  await mkdir(outer, { recursive: true, mode: 0o700 });
  await chmod(outer, 0o700);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await chmod(directory, 0o755);
  return directory;
}

/** Whether a door answers there. */
export async function hasDoor(directory: string): Promise<boolean> {
  const sockets = await listSockets(directory);
  const answers = await Promise.all(sockets.map((socket) => answersAt(socket)));
  return answers.includes(true);
}

/** Removes what doors left that were killed. One that lives answers, and is left alone. */
export async function removeDeadSockets(directory: string): Promise<void> {
  for (const socket of await listSockets(directory)) {
    if (!(await answersAt(socket))) {
      await unlink(socket).catch(ignoreGone);
    }
  }
}

async function listSockets(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => SOCKET_NAME.test(name)).map((name) => path.join(directory, name));
}

function answersAt(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export function ignoreGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') {
    throw error;
  }
}
