import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * The sockets a place stands for: itself, or those in it, in a command of chance so that several doors share the work.
 */
export function findSockets(place: string): string[] {
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return [place];
  }
  return readdirSync(place)
    .filter((name) => name.endsWith('.sock'))
    .map((name) => ({ name, turn: Math.random() }))
    .toSorted((one, other) => one.turn - other.turn)
    .map(({ name }) => path.join(place, name));
}
