import type { Tier } from '../../../protocol/index.ts';
import type { CallPurpose } from '../ports/ask-model.ts';
import { findTier } from './model-tiers.ts';
import type { TierModel, TierTable } from './model-tiers.ts';

/** The model that did the work which is asked about. */
export interface Author {
  readonly model: string;
  readonly provider: string | null;
}

/**
 * The models for a call of Bosun's own, the first choice first. A judge is at least one tier above the author; above the
 * largest it is of another provider, or else another model. None means that nobody may be asked.
 */
export function chooseHelperModels(purpose: CallPurpose, author: Author, tiers: TierTable): readonly TierModel[] {
  if (purpose !== 'judge') {
    return firstOf(tiers, ['small', 'medium', 'local', 'large']);
  }
  const tier = findTier(tiers, author.model) ?? 'medium';
  const above: Readonly<Record<Tier, readonly Tier[]>> = {
    local: ['medium', 'large', 'small'],
    small: ['medium', 'large'],
    medium: ['large'],
    large: [],
  };
  const higher = firstOf(tiers, above[tier]);
  if (higher.length > 0) {
    return higher;
  }
  const others = tiers[tier].filter(({ model }) => model !== author.model);
  const elsewhere = others.filter(({ provider }) => provider !== author.provider);
  return elsewhere.length > 0 ? elsewhere : others;
}

function firstOf(tiers: TierTable, order: readonly Tier[]): readonly TierModel[] {
  return order.map((tier) => tiers[tier]).find((models) => models.length > 0) ?? [];
}
