import { DOOR_PATHS } from '../../../protocol/index.ts';
import { refuse } from '../refusal.ts';
import type { Checked } from '../refusal.ts';

export interface ParsedPath {
  readonly registry: string;
  readonly host: string | null;
  readonly segments: readonly string[];
  readonly trailingSlash: boolean;
}

const MAX_PATH = 2_048;
/** What a path segment may hold without any encoding; names and versions of packages are made of these. */
const SEGMENT = /^[A-Za-z0-9._~!$'()*+,;=:@-]{1,255}$/;
const HOST = /^\+[a-z0-9-]{1,40}$/;

/**
 * Reads the request target as it came, before any URL parser resolves dots in it. Every segment is decoded once; what is
 * then left of `%`, `/`, backslashes, control or non-ASCII characters is refused, so that the registry and the checks here
 * see the same path. The one encoded slash that clients send is the one in npm's `@scope%2fname`.
 */
export function parsePackagePath(target: string): Checked<ParsedPath> {
  const prefix = `${DOOR_PATHS.packages}/`;
  if (!target.startsWith(prefix) || target.length > MAX_PATH) {
    return refusePath('The path must begin with the path of the package mirrors.');
  }
  if (target.includes('?') || target.includes('#')) {
    return refuse('PACKAGE_NOT_ALLOWED', 'Package mirrors take no query string.');
  }
  const [registry = '', ...encoded] = target.slice(prefix.length).split('/');
  const trailingSlash = encoded.length > 1 && encoded.at(-1) === '';
  const segments = (trailingSlash ? encoded.slice(0, -1) : encoded).flatMap((segment) => decodeSegment(segment));
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(registry) || segments.length === 0 || segments.includes(null)) {
    return refusePath('The path is not one of a package registry.');
  }
  const [first, ...rest] = segments as string[];
  const isHost = first !== undefined && HOST.test(first);
  return {
    ok: true,
    value: {
      registry,
      host: isHost ? first.slice(1) : null,
      segments: isHost ? rest : (segments as string[]),
      trailingSlash,
    },
  };
}

function decodeSegment(encoded: string): (string | null)[] {
  const scoped = /^(@[^%/]+|%40[^%/]+)%2f([^%/]+)$/i.exec(encoded);
  if (scoped !== null) {
    return [scoped[1] ?? '', scoped[2] ?? ''].flatMap((part) => decodeSegment(part));
  }
  let segment: string;
  try {
    segment = decodeURIComponent(encoded);
  } catch {
    return [null];
  }
  return [SEGMENT.test(segment) && !/^\.{1,2}$/.test(segment) ? segment : null];
}

function refusePath(message: string): ReturnType<typeof refuse> {
  return refuse('PACKAGE_NOT_ALLOWED', message);
}
