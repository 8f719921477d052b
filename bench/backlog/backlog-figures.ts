import type { ClaimFigures } from './measure-claims.ts';

export const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
export type Size = (typeof SIZES)[number];

export interface BacklogFigures {
  readonly claims: Readonly<Record<Size, ClaimFigures[]>>;
  /** p95 wait of quiet repositories in milliseconds. */
  readonly fairness: { readonly aloneMs: number[]; readonly noisyMs: number[] };
  readonly plan: readonly string[];
}
