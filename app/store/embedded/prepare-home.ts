import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { canReach, type ServerUser } from './server-user.ts';

/** The server's own directory: `data/` (the cluster), `server.log`, `bosun.lock` and perhaps a copy of the programs. */
export interface Home {
  readonly directory: string;
  readonly data: string;
  readonly log: string;
  readonly lock: string;
}

/** Where data goes that must not live below the data directory: a user other than root cannot pass through `/root`. */
const SYSTEM_DATA = '/var/lib/bosun';
/**
 * Makes `<data directory>/postgres`. When the server's user cannot reach the data directory, that is a link to a
 * directory of its own below `/var/lib/bosun`, which then holds the data for good.
 */
export function prepareHome(dataDirectory: string, chooseUser: (data: string) => ServerUser): [Home, ServerUser] {
  const entrance = join(resolve(dataDirectory), 'postgres');
  const user = chooseUser(join(entrance, 'data'));
  // Others may pass through what is made here, not look into it: only then can the unprivileged user get to its data.
  const mode = user.switched ? 0o711 : 0o700;
  mkdirSync(dataDirectory, { recursive: true, mode });
  if (!existsSync(entrance)) {
    createEntrance({ entrance, dataDirectory, user, mode });
  }
  const directory = realpathSync(entrance);
  if (!canReach(user, directory)) {
    throw new Error(
      `The database runs as the user ${user.name}, who has no access to ${directory}. ` +
        `Let others traverse it and every directory above it (chmod o+x), or set DATABASE_URL.`,
    );
  }
  const home = {
    directory,
    data: join(directory, 'data'),
    log: join(directory, 'server.log'),
    lock: join(directory, 'bosun.lock'),
  };
  return [home, user];
}

function createEntrance(at: { entrance: string; dataDirectory: string; user: ServerUser; mode: number }): void {
  if (canReach(at.user, resolve(at.dataDirectory))) {
    mkdirSync(at.entrance, { mode: at.mode });
    return;
  }
  const name = createHash('sha256').update(resolve(at.dataDirectory)).digest('hex').slice(0, 12);
  const elsewhere = join(SYSTEM_DATA, name);
  try {
    mkdirSync(elsewhere, { recursive: true, mode: at.mode });
  } catch (error) {
    throw new Error(
      `The database runs as the user ${at.user.name}, who has no access to ${at.dataDirectory}, and ${elsewhere} cannot be created. ` +
        'Choose a BOSUN_DATA_DIR that others may traverse (chmod o+x), or set DATABASE_URL.',
      { cause: error },
    );
  }
  symlinkSync(elsewhere, at.entrance);
}

/** A directory that the server's user owns and no other user may enter. */
export function makePrivate(path: string, user: ServerUser): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  if (user.switched) {
    chownSync(path, user.uid, user.gid);
  }
}
