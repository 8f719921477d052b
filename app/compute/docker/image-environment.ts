import path from 'node:path';
import { INSIDE } from '../sandbox/sandbox-arguments.ts';
import type { WorkerImage } from './worker-image.ts';

/** The worker decides about these, or no network makes them pointless. */
const OWN = new Set([
  'CI',
  'HOME',
  'HOSTNAME',
  'LANG',
  'LOGNAME',
  'NODE_COMPILE_CACHE',
  'PATH',
  'PWD',
  'SHLVL',
  'TERM',
  'TMPDIR',
  'USER',
  ...['all', 'ftp', 'http', 'https', 'no'].flatMap((name) => [`${name}_proxy`, `${name.toUpperCase()}_PROXY`]),
]);

/**
 * Where tools write: their caches, and what they install. An image names places of its own root, which workers cannot write
 * to; without the name a tool takes one below the home.
 */
const WRITTEN = new Set([
  'BUNDLE_APP_CONFIG',
  'BUNDLE_PATH',
  'CARGO_HOME',
  'CARGO_TARGET_DIR',
  'COMPOSER_HOME',
  'GEM_HOME',
  'GOBIN',
  'GOCACHE',
  'GOMODCACHE',
  'GOTMPDIR',
  'GRADLE_USER_HOME',
  'MAVEN_CONFIG',
  'NPM_CONFIG_CACHE',
  'NPM_CONFIG_PREFIX',
  'NUGET_PACKAGES',
  'PIP_CACHE_DIR',
  'PNPM_HOME',
  'POETRY_CACHE_DIR',
  'UV_CACHE_DIR',
  'YARN_CACHE_FOLDER',
]);

const MAX_NAMES = 200;
const MAX_VALUE_LENGTH = 8_192;

/**
 * What the image sets for programs in it, such as `JAVA_HOME` and `RUSTUP_HOME`: its own configuration and nothing else,
 * because an engine can add variables of its host.
 */
export function imageEnvironment({ environment }: Pick<WorkerImage, 'environment'>): Record<string, string> {
  const kept = Object.entries(environment).filter(
    ([name, value]) =>
      /^[A-Za-z_][A-Za-z0-9_]{0,199}$/.test(name) &&
      value.length <= MAX_VALUE_LENGTH &&
      !OWN.has(name) &&
      !WRITTEN.has(name.toUpperCase()) &&
      !/^(BOSUN_|XDG_|LC_)/.test(name),
  );
  return Object.fromEntries(kept.slice(0, MAX_NAMES).map(([name, value]) => [name, placeOf(name, value)]));
}

/** Go writes to the first directory of its path and reads from all of them. */
function placeOf(name: string, value: string): string {
  return name === 'GOPATH' && value !== '' ? `${path.join(INSIDE.home, 'go')}:${value}` : value;
}
