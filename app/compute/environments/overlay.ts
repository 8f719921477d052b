import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../sandbox/find-program.ts';
import type { Owner } from '../session/launch.ts';
import type { EnvironmentDirectory } from './environment-directory.ts';

/** A private copy-on-write of an environment, made of mounts that only one session sees and that go away with it. */
export interface Overlay {
  /** Goes before the command: makes the mounts, then becomes the command. */
  readonly prefix: readonly string[];
  /** Where checkout and home are then. */
  readonly repository: string;
  readonly home: string;
}

/**
 * Mounts in a namespace of its own, so that nothing of this machine changes and nothing has to be unmounted. What the
 * session writes goes to memory of a limited size, or to the session's own directory. Its files are given to the
 * session's own user, which copies what the system knows about them and not what is in them (`metacopy`).
 */
const SCRIPT = `
set -e
space=$1 bytes=$2 owner=$3 lower_repository=$4 lower_home=$5
shift 5
[ "$bytes" = disk ] || mount -t tmpfs -o "size=$bytes,mode=0711" tmpfs "$space"
for name in repository home; do
  mkdir -p "$space/$name" "$space/upper-$name" "$space/work-$name"
  chown "$owner" "$space/upper-$name"
  chmod 0700 "$space/upper-$name"
done
mount -t overlay -o "metacopy=on,lowerdir=$lower_repository,upperdir=$space/upper-repository,workdir=$space/work-repository" overlay "$space/repository"
mount -t overlay -o "metacopy=on,lowerdir=$lower_home,upperdir=$space/upper-home,workdir=$space/work-home" overlay "$space/home"
chown -R -h "$owner" "$space/repository" "$space/home"
exec "$@"
`;

export function layOverlay(given: {
  environment: EnvironmentDirectory;
  owner: Owner;
  /** An empty directory of the session. */
  space: string;
  /** Size of what may be written in memory; null writes to disk. */
  memoryBytes: number | null;
}): Overlay {
  const { environment, owner, space } = given;
  return {
    prefix: [
      '--mount',
      '--propagation',
      'private',
      '--',
      '/bin/sh',
      '-c',
      SCRIPT,
      'sh',
      space,
      given.memoryBytes === null ? 'disk' : String(given.memoryBytes),
      `${owner.uid}:${owner.gid}`,
      environment.repository,
      environment.home,
    ],
    repository: path.join(space, 'repository'),
    home: path.join(space, 'home'),
  };
}

/** Whether this process may mount an overlay, tried once below `directory`. Paths with characters of mount options cannot. */
export async function mayOverlay(directory: string): Promise<boolean> {
  const unshare = findProgram('unshare');
  if (unshare === null || /[,:\\"]/.test(directory)) {
    return false;
  }
  const trial = path.join(directory, '.overlay-trial');
  const environment = {
    key: 'trial',
    path: trial,
    repository: path.join(trial, 'lower', 'repository'),
    home: path.join(trial, 'lower', 'home'),
    uid: 1,
  };
  const space = path.join(trial, 'space');
  try {
    for (const made of [environment.repository, environment.home, space]) {
      await mkdir(made, { recursive: true });
    }
    const overlay = layOverlay({ environment, owner: { uid: 1, gid: 1 }, space, memoryBytes: 1024 * 1024 });
    const onDisk = layOverlay({ environment, owner: { uid: 1, gid: 1 }, space, memoryBytes: null });
    const run = promisify(execFile);
    await run(unshare, [...overlay.prefix, '/bin/true'], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    await run(unshare, [...onDisk.prefix, '/bin/true'], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    return true;
  } catch {
    // Not root, not allowed in this container, or a file system that cannot be below: a copy does it too
    return false;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
