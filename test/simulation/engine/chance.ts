import { randomOf } from '../../support/random-operations.ts';

/** All chance of a run. Streams of their own keep one kind of choice from moving all the others. */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  happens(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Another stream, the same for the same seed and name. */
  stream(name: string): Chance;
}

export function createChance(seed: number, name = ''): Chance {
  const next = randomOf(hashOf(`${seed}/${name}`));
  const chance: Chance = {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    happens: (share) => next() < share,
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) {
        throw new Error('there is nothing to pick from');
      }
      return item;
    },
    stream: (other) => createChance(seed, `${name}/${other}`),
  };
  return chance;
}

/** FNV-1a over the characters, 32 bits. */
export function hashOf(text: string, start = 0x811c9dc5): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Forty hexadecimal digits that stand for a text, as git would name a commit. */
export function shaOf(text: string): string {
  return [0, 1, 2, 3, 4].map((part) => hashOf(`${part}${text}`).toString(16).padStart(8, '0')).join('');
}
