import { takeStart } from '../../../protocol/index.ts';

/** A letter or digit first, so that no part is `.`, `..`, hidden or an option. */
const PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The parts of a key or a prefix. Throws for anything that could lead outside: keys are ours, never a worker's. */
export function partsOfKey(key: string): string[] {
  const parts = key.split('/');
  if (!parts.every((part) => PART.test(part))) {
    throw new Error(
      `An artifact key is made of letters, digits, dots, dashes and slashes, not "${takeStart(key, 200)}".`,
    );
  }
  return parts;
}

/** A prefix names whole parts: `a/1` covers `a/1/x`, and not `a/10/x`. A slash at the end changes nothing; empty is all. */
export function partsOfPrefix(prefix: string): string[] {
  const bare = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return bare === '' ? [] : partsOfKey(bare);
}

export function isBelow(key: string, prefixParts: readonly string[]): boolean {
  const parts = key.split('/');
  return prefixParts.every((part, index) => parts[index] === part);
}
