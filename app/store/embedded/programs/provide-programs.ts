import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';

import type { Binaries } from './locate-binaries.ts';
import { canReach, type ServerUser } from '../server-user.ts';

/** A directory with `bin/`, `lib/` and `share/` that the server's user can run. */
export interface Programs {
  readonly root: string;
}

const COPY_PREFIX = 'server-';

/**
 * The programs as npm installed them where that works; else a copy in `home`, made once per version. It does not work
 * when the user cannot reach them, or when npm ran without install scripts, which make the links between libraries.
 */
export function providePrograms(binaries: Binaries, home: string, user: ServerUser): Programs {
  if (isUsableInPlace(binaries, user)) {
    return { root: binaries.root };
  }
  const root = join(home, COPY_PREFIX + binaries.version);
  if (!existsSync(root)) {
    const draft = join(home, `draft-${process.pid}`);
    rmSync(draft, { recursive: true, force: true });
    copyTree(binaries.root, draft);
    for (const [name, target] of binaries.links) {
      const path = join(draft, 'lib', name);
      rmSync(path, { force: true });
      symlinkSync(target, path);
    }
    renameSync(draft, root);
  }
  return { root };
}

/** Removes the copies of other versions; only right when no server runs from one. */
export function removeOldPrograms(home: string, inUse: Programs): void {
  for (const name of readdirSync(home)) {
    const path = join(home, name);
    if ((name.startsWith(COPY_PREFIX) || name.startsWith('draft-')) && path !== inUse.root) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function isUsableInPlace(binaries: Binaries, user: ServerUser): boolean {
  const linked = [...binaries.links.keys()].every((name) => existsSync(join(binaries.root, 'lib', name)));
  const reachable = ['bin', 'lib', 'share'].every((name) => canReach(user, join(binaries.root, name)));
  return linked && reachable && isOpenTo(user, join(binaries.root, 'bin', 'postgres'));
}

function isOpenTo(user: ServerUser, path: string): boolean {
  return !user.switched || (statSync(path).mode & 0o005) === 0o005;
}

function copyTree(from: string, to: string): void {
  mkdirSync(to, { mode: 0o755 });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      copyTree(source, target);
    } else if (entry.isFile()) {
      placeFile(source, target);
    }
  }
}

/** A hard link costs nothing; it is not possible across file systems, and would keep permissions that are too narrow. */
function placeFile(source: string, target: string): void {
  const { mode } = statSync(source);
  if ((mode & 0o004) !== 0) {
    try {
      linkSync(source, target);
      return;
    } catch {
      // Another file system, or links to files of other users are forbidden: copy below.
    }
  }
  copyFileSync(source, target);
  chmodSync(target, (mode & 0o100) === 0 ? 0o644 : 0o755);
}
