import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';

/** Who the server runs as. `switched` is whether that is another user than this process. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly switched: boolean;
}

/** In order of preference where Bosun runs as root: one made for it, one made for databases, the one that owns nothing. */
const UNPRIVILEGED_NAMES = ['bosun', 'postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root, and asks for an entry in `/etc/passwd`. Not root: the own user. Root: the owner of
 * the data if there is data, else the first unprivileged user of the list that exists.
 */
export function chooseServerUser(dataDirectory: string): ServerUser {
  if (process.getuid?.() !== 0) {
    return ownUser();
  }
  const users = readPasswd();
  const owner = statSync(dataDirectory, { throwIfNoEntry: false })?.uid;
  const found =
    users.find((user) => owner !== undefined && owner !== 0 && user.uid === owner) ??
    UNPRIVILEGED_NAMES.map((name) => users.find((user) => user.name === name)).find((user) => user !== undefined);
  if (found === undefined || found.uid === 0) {
    throw new Error(
      'PostgreSQL does not run as root, and no user named bosun, postgres or nobody exists to run it as. ' +
        'Start Bosun as another user, add a user named bosun, or set DATABASE_URL.',
    );
  }
  return { ...found, switched: true };
}

function ownUser(): ServerUser {
  try {
    const { username, uid, gid } = userInfo();
    return { name: username, uid, gid, switched: false };
  } catch (error) {
    throw new Error(
      `The embedded database needs the user it runs as to be listed in /etc/passwd, and ${process.getuid?.()} is not. ` +
        'Add an entry for it, run as a listed user, or set DATABASE_URL.',
      { cause: error },
    );
  }
}

function readPasswd(): { name: string; uid: number; gid: number }[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/** Whether the user may pass through every directory above `path` and into it, by the permission bits. */
export function canReach(user: ServerUser, path: string): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat !== undefined && !mayEnter(user, stat)) {
      return false;
    }
    if (at === dirname(at)) {
      return true;
    }
  }
}

function mayEnter(user: ServerUser, stat: { uid: number; gid: number; mode: number }): boolean {
  if (stat.uid === user.uid) {
    return (stat.mode & 0o100) !== 0;
  }
  return (stat.mode & (stat.gid === user.gid ? 0o010 : 0o001)) !== 0;
}
