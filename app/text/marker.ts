import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The hidden line by which a comment of ours is found again. It carries a keyed hash, because anyone can write a
 * comment that looks like ours; the key never leaves the database.
 */
export function createMarker(name: string, key: Uint8Array): string {
  return `<!-- bosun:${name}:${hashOf(name, key)} -->`;
}

/** Whether the body carries the marker of that name. */
export function hasMarker(body: string, marker: { name: string; key: Uint8Array }): boolean {
  const start = `<!-- bosun:${marker.name}:`;
  const expected = Buffer.from(hashOf(marker.name, marker.key));
  for (let at = body.indexOf(start); at >= 0; at = body.indexOf(start, at + 1)) {
    const found = Buffer.from(body.slice(at + start.length, at + start.length + expected.length));
    if (found.length === expected.length && timingSafeEqual(found, expected)) {
      return true;
    }
  }
  return false;
}

function hashOf(name: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(name).digest('hex').slice(0, 40);
}

/**
 * Facts for machines, as a hidden line beside what people read: after a restore the database may know less than GitHub
 * shows. The keyed hash covers the name too, so a line that somebody made up or copied from elsewhere counts for nothing.
 */
export function sealFacts(facts: object, marker: { name: string; key: Uint8Array }): string {
  const payload = Buffer.from(JSON.stringify(facts)).toString('base64url');
  return `<!-- bosun-facts:${payload}:${hashOf(`${marker.name}:${payload}`, marker.key)} -->`;
}

const FACTS = /<!-- bosun-facts:([A-Za-z0-9_-]{1,4000}):([0-9a-f]{40}) -->/g;

/** The facts that `sealFacts` wrote under this name; null when there are none. */
export function readFacts(body: string, marker: { name: string; key: Uint8Array }): unknown {
  for (const [, payload = '', hash = ''] of body.matchAll(FACTS)) {
    const expected = Buffer.from(hashOf(`${marker.name}:${payload}`, marker.key));
    if (timingSafeEqual(Buffer.from(hash), expected)) {
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown;
    }
  }
  return null;
}

/** The body with its line of facts replaced by that of `wanted`, where both have one. */
export function replaceFacts(body: string, wanted: string): string {
  const [line] = wanted.match(FACTS) ?? [];
  return line === undefined ? body : body.replaceAll(FACTS, () => line);
}
