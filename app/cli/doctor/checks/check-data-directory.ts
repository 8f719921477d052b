import { accessSync, constants, existsSync, statSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { fail, ok, warn, type Check, type Examined } from '../check.ts';

const GIB = 1024 ** 3;
const LITTLE_BYTES = 2 * GIB;
const TOO_LITTLE_BYTES = GIB / 4;

/** Types of file systems as `statfs` reports them: proc, sysfs, cgroup2 and cgroup. */
const KERNEL_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x9fa0, 0x62656572, 0x63677270, 0x27e0eb]);

/** Whether the data directory can be written to, or made, and has room for mirrors and the database. */
export function checkDataDirectory({ config }: Pick<Examined, 'config'>): Check {
  const name = 'data directory';
  const path = resolve(config.storage.dataDir);
  let existing = path;
  while (!existsSync(existing)) {
    existing = dirname(existing);
  }
  if (!statSync(existing).isDirectory()) {
    return fail(name, `${existing} is a file`, 'Set BOSUN_DATA_DIR to a directory.');
  }
  const files = statfsSync(existing);
  if (KERNEL_FILE_SYSTEMS.has(files.type)) {
    return fail(
      name,
      `${existing} is not on a disk; it is a virtual file system of the kernel`,
      'Choose another BOSUN_DATA_DIR.',
    );
  }
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') {
      return fail(name, `${existing} is mounted read-only`, 'Mount it for writing, or choose another BOSUN_DATA_DIR.');
    }
    const who = process.getuid === undefined ? 'this user' : `user ${process.getuid()}`;
    return fail(
      name,
      `${existing} cannot be written to by ${who}`,
      'Give it to that user, or choose another BOSUN_DATA_DIR.',
    );
  }
  const freeBytes = files.bavail * files.bsize;
  const found = `${path}${existing === path ? '' : ' (created at the first start)'}, ${formatGib(freeBytes)} free`;
  const remedy = 'Free space on that disk, or choose another BOSUN_DATA_DIR.';
  if (freeBytes < TOO_LITTLE_BYTES) {
    return fail(name, found, remedy);
  }
  return freeBytes < LITTLE_BYTES ? warn(name, found, remedy) : ok(name, found);
}

function formatGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
