import type { Effort, Tier } from '../../../protocol/index.ts';
import type { TierModel } from './model-tiers.ts';

/** Which model works on a task, and how hard. */
export interface Route extends TierModel {
  /** Null where a person or the repository's file named the model. */
  readonly tier: Tier | null;
  /** Null is the model's own default. */
  readonly effort: Effort | null;
  /** What takes its place when the provider no longer has it, the first choice first. */
  readonly fallbacks: readonly TierModel[];
}

/** What the row of a task says about its model. */
export interface RoutedTask {
  readonly settings: {
    readonly model: string;
    readonly provider?: string | null;
    readonly tier?: Tier | null;
    readonly fallbacks?: readonly TierModel[];
    readonly raises?: readonly Route[];
  };
  /** How often the agent was sent back because its work had gaps. */
  readonly verdict?: { readonly fixes: number } | null;
}

/**
 * The route of the next attempt, or of the running one. It is computed from the row, so that nothing has to be written when
 * it rises: each time work had gaps the next of `raises` is taken, and the last one stays.
 */
export function routeOf({ settings, verdict }: RoutedTask): Route {
  const { fallbacks = [], model, provider = null, raises = [], tier = null } = settings;
  const first: Route = { model, provider, tier, effort: null, fallbacks };
  const route = [first, ...raises];
  return route[Math.min(verdict?.fixes ?? 0, route.length - 1)] ?? first;
}
