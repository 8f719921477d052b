import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { fail, ok, warn, type Check, type Examined } from '../check.ts';

const GIB = 1024 ** 3;
const LITTLE_BYTES = 2 * GIB;
const TOO_LITTLE_BYTES = GIB / 4;

/** Whether the data directory can be written to, or made, and has room for mirrors and the database. */
export function checkDataDirectory({ config }: Pick<Examined, 'config'>): Check {
  const name = 'data directory';
  const path = resolve(config.storage.dataDir);
  let existing = path;
  while (!existsSync(existing)) {
    existing = dirname(existing);
  }
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    const who = process.getuid === undefined ? 'this user' : `user ${process.getuid()}`;
    return fail(
      name,
      `${existing} cannot be written to by ${who}`,
      'Give it to that user, or choose another BOSUN_DATA_DIR.',
    );
  }
  const files = statfsSync(existing);
  const freeBytes = files.bavail * files.bsize;
  const found = `${path}${existing === path ? '' : ' (made at the first start)'}, ${formatGib(freeBytes)} free`;
  const remedy = 'Make room on that disk, or choose another BOSUN_DATA_DIR.';
  if (freeBytes < TOO_LITTLE_BYTES) {
    return fail(name, found, remedy);
  }
  return freeBytes < LITTLE_BYTES ? warn(name, found, remedy) : ok(name, found);
}

function formatGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
