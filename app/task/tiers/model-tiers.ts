import type { Tier } from '../../../protocol/index.ts';

/** One model of a tier. */
export interface TierModel {
  readonly model: string;
  /** Which provider serves it; null is the first that has it. */
  readonly provider: string | null;
}

/** The models of each tier, the first choice first. A tier may have none. */
export type TierTable = Readonly<Record<Tier, readonly TierModel[]>>;

/** The tier a model belongs to, the smallest where several list it; null for one of none. */
export function findTier(tiers: TierTable, model: string): Tier | null {
  const order: readonly Tier[] = ['local', 'small', 'medium', 'large'];
  return order.find((tier) => tiers[tier].some((one) => one.model === model)) ?? null;
}
