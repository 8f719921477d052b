import { createHash } from 'node:crypto';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AnyJob } from '../../../protocol/index.ts';
import type { SessionDirectory } from './session-directory.ts';

const MEMORY_DIRECTORY = '/dev/shm';

export interface JobFile {
  readonly directory: string;
  readonly path: string;
}

/**
 * Writes the job, mode 0400, into a directory of its own that only the worker's user can enter: in memory where the
 * system has a place for it, because the job holds the door's token, else below the session's directory.
 */
export async function writeJobFile(
  job: AnyJob,
  { session, owner }: { session: SessionDirectory; owner: { uid: number; gid: number } | null },
): Promise<JobFile> {
  const directory = await makePrivateDirectory(session);
  const file = path.join(directory, 'job.json');
  await writeFile(file, JSON.stringify(job), { mode: 0o400, flag: 'wx' });
  if (owner !== null) {
    await chown(file, owner.uid, owner.gid);
    await chown(directory, owner.uid, owner.gid);
  }
  return { directory, path: file };
}

/** Removes the job, read or not. */
export async function removeJobFile(session: SessionDirectory): Promise<void> {
  for (const directory of [memoryPlace(session), diskPlace(session)]) {
    await rm(directory, { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
      // A directory of that name which belongs to somebody else was never ours
      if (error.code !== 'EACCES' && error.code !== 'EPERM') {
        throw error;
      }
    });
  }
}

async function makePrivateDirectory(session: SessionDirectory): Promise<string> {
  await removeJobFile(session);
  try {
    await mkdir(memoryPlace(session), { mode: 0o700 });
    return memoryPlace(session);
  } catch {
    // No such place, full, or the name is taken by another user
    await mkdir(diskPlace(session), { mode: 0o700 });
    return diskPlace(session);
  }
}

/** The same name for the same session every time, so that what a crash left behind is found. */
function memoryPlace(session: SessionDirectory): string {
  const name = createHash('sha256').update(session.path).digest('hex').slice(0, 32);
  return path.join(MEMORY_DIRECTORY, `bosun-${name}`);
}

function diskPlace(session: SessionDirectory): string {
  return path.join(session.path, 'job');
}
