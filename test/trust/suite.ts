/** What a suite found: how much it tried, and every try that came through. */
export interface SuiteResult {
  readonly tries: number;
  /** A sentence for each, to repeat it by. */
  readonly bypasses: readonly string[];
}

/** One kind of attack against one part of Bosun, without a model and without chance: a seed gives the same tries again. */
export interface Suite {
  readonly name: string;
  /** What is claimed, in the words of `docs/security.md`. */
  readonly claim: string;
  /** `sample` is a share of all, for every change; `whole` is for the night. */
  readonly run: (size: 'sample' | 'whole') => Promise<SuiteResult>;
}

/** Numbers from 0 to below 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}
