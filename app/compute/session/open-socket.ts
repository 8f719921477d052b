import { chmod, stat } from 'node:fs/promises';
import type { Owner } from './launch.ts';

/** The worker's user has to be able to write to the socket; who may come near it is the directory's business. */
export async function openSocket(socketPath: string, owner: Owner | null): Promise<void> {
  if (owner === null) {
    return;
  }
  const found = await stat(socketPath);
  if (found.isSocket() && (found.mode & 0o002) === 0) {
    await chmod(socketPath, 0o666);
  }
}
