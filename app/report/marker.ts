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
