import { createHash } from 'node:crypto';
import { mkdir, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Longest directory that leaves room for a socket's name: a Unix socket's path has at most 107 bytes. */
const MAX_DIRECTORY_BYTES = 90;

/**
 * A private directory for the door's socket: below the data directory, or below the system's directory for temporary
 * files where that path is too long. Only its owner and root may enter; a sandbox gets the socket mounted.
 */
export async function socketDirectory(dataDir: string): Promise<string> {
  const wanted = path.resolve(dataDir, 'door');
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const directory = Buffer.byteLength(wanted) <= MAX_DIRECTORY_BYTES ? wanted : path.join(tmpdir(), `bosun-${name}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  return directory;
}
