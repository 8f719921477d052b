import { TIERS } from '../../../protocol/index.ts';
import type { TierTable } from './model-tiers.ts';
import type { Route } from './route.ts';

/** Models that refuse a request with an effort. */
const WITHOUT_EFFORT = /^claude-(haiku-4|sonnet-4-5|opus-4-[01])/;

/**
 * How a route rises when work has gaps: effort first, then one tier, once. A model that was named by a person or by the
 * repository's file stays, and only its effort rises.
 */
export function planRaises(route: Route, tiers: TierTable): readonly Route[] {
  const effort = hasEffort(route) ? [{ ...route, effort: 'high' as const }] : [];
  const above =
    route.tier === null ? undefined : TIERS.slice(TIERS.indexOf(route.tier) + 1).find((tier) => tiers[tier].length > 0);
  if (above === undefined) {
    return effort;
  }
  const [first, ...fallbacks] = tiers[above];
  return first === undefined ? effort : [...effort, { ...first, tier: above, effort: null, fallbacks }];
}

function hasEffort({ model, tier }: Route): boolean {
  return tier !== 'local' && !WITHOUT_EFFORT.test(model);
}
