import { z } from 'zod';
import { findPrice } from '../budget/prices.ts';
import type { PriceTable } from '../budget/prices.ts';
import { TIERS } from '../../protocol/index.ts';
import type { Tier } from '../../protocol/index.ts';
import type { TierModel, TierTable } from '../task/tiers/model-tiers.ts';

const ModelId = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const Entry = z.union([ModelId, z.strictObject({ model: ModelId, provider: z.string().min(1).max(40).optional() })], {
  error: 'a model id, or {model: …, provider: …}',
});
const Models = z.array(Entry, { error: 'a list of models, the first choice first' }).min(1).max(20);

/** The models of each tier, the first choice first. */
export const TiersSection = z
  .strictObject({
    local: Models.optional(),
    small: Models.optional(),
    medium: Models.optional(),
    large: Models.optional(),
  })
  .default({});
type TiersSection = z.infer<typeof TiersSection>;

export function readTiers(section: TiersSection): Partial<TierTable> {
  const given = TIERS.flatMap((tier): [Tier, readonly TierModel[]][] => {
    const models = section[tier];
    return models === undefined ? [] : [[tier, models.map(readEntry)]];
  });
  return Object.fromEntries(given);
}

function readEntry(entry: z.infer<typeof Entry>): TierModel {
  return typeof entry === 'string'
    ? { model: entry, provider: null }
    : { model: entry.model, provider: entry.provider ?? null };
}

/** Of Anthropic's models; those without a price at this server fall out. */
const DEFAULT_MODELS: Readonly<Record<Tier, readonly string[]>> = {
  local: [],
  small: ['claude-haiku-5-5', 'claude-haiku-4-5'],
  medium: ['claude-sonnet-5', 'claude-sonnet-5-5', 'claude-sonnet-4-6'],
  large: ['claude-opus-5-5', 'claude-opus-5', 'claude-opus-4-8'],
};

/** What is known of the providers when the tiers are completed. */
export interface TierFacts {
  /** BOSUN_MODEL, the first choice of the tier `medium` where the file says nothing. */
  readonly model: string;
  readonly prices: PriceTable;
  /** The prices of each provider by its name; the main one is `anthropic`. */
  readonly providers: ReadonlyMap<string, PriceTable>;
}

/** The table of a server: what the file says, and for the other tiers the models that have a price here. */
export function completeTiers(given: Partial<TierTable>, { model, prices }: TierFacts): TierTable {
  function defaults(tier: Tier): readonly TierModel[] {
    const listed = DEFAULT_MODELS[tier].filter((one) => findPrice(prices, one) !== null && one !== model);
    return [...(tier === 'medium' ? [model] : []), ...listed].map((one) => ({ model: one, provider: null }));
  }
  return {
    local: given.local ?? defaults('local'),
    small: given.small ?? defaults('small'),
    medium: given.medium ?? defaults('medium'),
    large: given.large ?? defaults('large'),
  };
}

/** Models that cannot be used, each with the reason; a model without a price is refused at the start. */
export function findTierMistakes(given: Partial<TierTable>, { prices, providers }: TierFacts): readonly string[] {
  return TIERS.flatMap((tier) =>
    (given[tier] ?? []).flatMap(({ model, provider }) => {
      const table = provider === null ? prices : providers.get(provider);
      if (table === undefined) {
        return [`tiers.${tier}: the provider ${provider}, which is not one of ${[...providers.keys()].join(', ')}`];
      }
      return findPrice(table, model) === null
        ? [`tiers.${tier}: NO_PRICE, ${model} has no price${provider === null ? '' : ` at ${provider}`}`]
        : [];
    }),
  );
}
