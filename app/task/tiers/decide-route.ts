import type { Size, TaskTypeName, Tier } from '../../../protocol/index.ts';
import { findTier } from './model-tiers.ts';
import type { TierModel, TierTable } from './model-tiers.ts';
import type { Route } from './route.ts';

/** Which tier works on a task of a type and a size. A command has no model; its row is never used. */
export const ROUTING: Readonly<Record<TaskTypeName, Readonly<Record<Size, Tier>>>> = {
  implement: { S: 'small', M: 'medium', L: 'large' },
  fix: { S: 'small', M: 'medium', L: 'large' },
  review: { S: 'medium', M: 'large', L: 'large' },
  prompt: { S: 'small', M: 'medium', L: 'large' },
  command: { S: 'small', M: 'small', L: 'small' },
};

/** The size of a task of which nobody said one. */
export const DEFAULT_SIZE: Size = 'M';

/** Everything that has a say in the model of a task. */
export interface RouteFacts {
  readonly type: TaskTypeName;
  /** As in the command. */
  readonly asked: { readonly model?: string; readonly tier?: Tier; readonly size?: Size };
  /** As in the repository's file: null is "not said". */
  readonly repository: {
    readonly model: string | null;
    readonly models: readonly string[] | null;
    readonly tier: Tier | null;
  };
  readonly tiers: TierTable;
}

export type DecidedRoute =
  | { readonly ok: true; readonly route: Route; readonly size: Size; readonly tiers: TierTable }
  /** The tier has no model here, or none that the repository allows. */
  | { readonly ok: false; readonly tier: Tier; readonly why: 'empty' | 'not_allowed' };

/**
 * The model of a task, by the first that says something: the model of the command, its tier, its size, the model of the
 * repository's file, its tier, the first of its `models`, and last the table by type and size. `models` narrow every tier.
 */
export function decideRoute({ asked, repository, tiers, type }: RouteFacts): DecidedRoute {
  const { models } = repository;
  const size = asked.size ?? DEFAULT_SIZE;
  const allowed = narrow(tiers, models);
  const saysTier = asked.tier !== undefined || asked.size !== undefined;
  const named = asked.model ?? (saysTier ? null : repository.model);
  if (named !== null) {
    return { ok: true, size, tiers: allowed, route: fixed(named) };
  }
  const [preferred] = models ?? [];
  if (!saysTier && repository.tier === null && preferred !== undefined) {
    return { ok: true, size, tiers: allowed, route: listed(preferred, allowed) };
  }
  const isChosen = saysTier || repository.tier !== null;
  const wanted = asked.tier ?? (asked.size === undefined ? repository.tier : null) ?? ROUTING[type][size];
  const tier = isChosen ? wanted : nearestTier(allowed, wanted);
  const [first, ...fallbacks] = allowed[tier];
  return first === undefined
    ? { ok: false, tier, why: tiers[tier].length === 0 ? 'empty' : 'not_allowed' }
    : { ok: true, size, tiers: allowed, route: { ...first, tier, effort: null, fallbacks } };
}

/** A model of the list `models`, in the tier that it stands in. */
function listed(model: string, tiers: TierTable): Route {
  const tier = findTier(tiers, model);
  const [own] = tier === null ? [] : tiers[tier].filter((one) => one.model === model);
  return tier === null || own === undefined
    ? fixed(model)
    : { ...own, tier, effort: null, fallbacks: tiers[tier].filter((one) => one !== own) };
}

function fixed(model: string): Route {
  return { model, provider: null, tier: null, effort: null, fallbacks: [] };
}

function narrow(tiers: TierTable, models: readonly string[] | null): TierTable {
  function keep(list: readonly TierModel[]): readonly TierModel[] {
    return models === null ? list : list.filter(({ model }) => models.includes(model));
  }
  return { local: keep(tiers.local), small: keep(tiers.small), medium: keep(tiers.medium), large: keep(tiers.large) };
}

/** For a tier that nobody asked for by name: itself, or else the next larger one that has models, or the next smaller. */
function nearestTier(tiers: TierTable, tier: Tier): Tier {
  const order: Readonly<Record<Tier, readonly Tier[]>> = {
    local: ['local', 'small', 'medium', 'large'],
    small: ['small', 'medium', 'large', 'local'],
    medium: ['medium', 'large', 'small', 'local'],
    large: ['large', 'medium', 'small', 'local'],
  };
  return order[tier].find((one) => tiers[one].length > 0) ?? tier;
}
