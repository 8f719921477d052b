import { execFile } from 'node:child_process';
import { rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Owner } from '../session/launch.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { measureDirectory } from '../session/watch-disk.ts';
import type { EnvironmentDirectory } from './environment-directory.ts';

/** Copies an environment into the empty directories of a session; as fast as a clone where the file system can share blocks. */
export async function copyEnvironment(
  environment: EnvironmentDirectory,
  to: { repository: string; home: string; owner: Owner | null },
): Promise<void> {
  const run = promisify(execFile);
  const options = { env: { PATH: '/usr/bin:/bin' }, maxBuffer: 1024 * 1024 };
  for (const name of ['repository', 'home'] as const) {
    // `-a` copies links, and never as what they lead to
    await run('cp', ['-a', '--reflink=auto', '--', `${environment[name]}/.`, to[name]], options);
  }
  if (to.owner !== null) {
    const owner = `${to.owner.uid}:${to.owner.gid}`;
    await run('chown', ['-R', '-h', owner, '--', to.repository, to.home], options);
  }
}

/** Moves what a session left into the draft of an environment; resolves with whose files they are and their bytes. */
export async function moveOutOfSession(
  from: Pick<SessionDirectory, 'work' | 'home'>,
  draft: string,
): Promise<{ uid: number; bytes: number }> {
  await rename(path.join(from.work, 'repository'), path.join(draft, 'repository'));
  await rename(from.home, path.join(draft, 'home'));
  const { uid } = await stat(path.join(draft, 'home'));
  return { uid, bytes: await measureDirectory(draft, '--block-size=1') };
}
