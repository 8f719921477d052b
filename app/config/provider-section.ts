import { z } from 'zod';
import { parsePriceRow, PriceRow } from '../budget/prices.ts';
import type { PriceTable } from '../budget/prices.ts';
import { MODEL_DIALECTS } from '../../protocol/index.ts';
import type { ModelDialect } from '../../protocol/index.ts';
import { Address, Variable } from './registry-section.ts';
import type { FileMistake } from './setting.ts';

/** A model provider beside the one of `ANTHROPIC_API_KEY`. */
export interface ProviderConfig {
  readonly id: string;
  readonly dialect: ModelDialect;
  readonly baseUrl: string;
  /** A secret; empty for a server that takes none. */
  readonly apiKey: string;
  readonly authStyle: 'bearer' | 'x-api-key' | 'api-key';
  readonly prices: PriceTable;
}

const ModelId = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const FREE: PriceRow = { input: 0, output: 0 };

/** One entry of `providers:`. */
export const ProviderSection = z.strictObject(
  {
    dialect: z.enum(MODEL_DIALECTS, { error: `one of ${MODEL_DIALECTS.join(', ')}` }),
    url: Address,
    /** The variable that holds the key. */
    key: Variable.optional(),
    auth: z.enum(['bearer', 'x-api-key', 'api-key'], { error: 'one of bearer, x-api-key, api-key' }).optional(),
    models: z.union(
      [z.array(ModelId).min(1), z.record(ModelId, PriceRow).refine((models) => Object.keys(models).length > 0)],
      {
        error:
          'models by id, each with its prices in USD per million tokens, such as {my-model: {input: 3, output: 15}}',
      },
    ),
  },
  { error: 'keys with values' },
);
export type ProviderSection = z.infer<typeof ProviderSection>;

/** `local` is a server on the operator's own machine: free unless its models say otherwise, and without a key. */
const LOCAL = 'local';

function readPrices(models: ProviderSection['models']): PriceTable {
  const rows: [string, PriceRow][] = Array.isArray(models) ? models.map((id) => [id, FREE]) : Object.entries(models);
  return new Map(rows.map(([id, row]) => [id, parsePriceRow(row)]));
}

/** Looks keys up in the environment. A provider whose key is missing is a mistake, except for one that takes none. */
export function readProviders(
  sections: Readonly<Record<string, ProviderSection>>,
  env: Readonly<Record<string, string | undefined>>,
): { providers: ProviderConfig[]; mistakes: FileMistake[] } {
  const mistakes: FileMistake[] = [];
  const providers = Object.entries(sections).map(([id, section]) => {
    const path = ['providers', id];
    const key = section.key === undefined ? '' : (env[section.key]?.trim() ?? '');
    if (section.key === undefined && id !== LOCAL) {
      mistakes.push({ path, expected: '`key`, the name of the variable that holds its key', found: 'nothing' });
    } else if (section.key !== undefined && (key === '' || /[^\x21-\x7e]/.test(key))) {
      const found = key === '' ? `${section.key}, which is not set` : `${section.key}, whose value is not a key`;
      mistakes.push({ path: [...path, 'key'], expected: 'the name of a variable that holds a key', found });
    }
    if (Array.isArray(section.models) && id !== LOCAL) {
      const expected = 'prices with each model, because a model without a price cannot be used';
      mistakes.push({ path: [...path, 'models'], expected, found: 'a list of models without prices' });
    }
    return {
      id,
      dialect: section.dialect,
      // Operators copy the address that SDKs of this format take
      baseUrl: section.url.replace(/\/v1$/, ''),
      apiKey: key,
      authStyle: section.auth ?? (section.dialect === 'anthropic' ? 'x-api-key' : 'bearer'),
      prices: readPrices(section.models),
    };
  });
  return { providers, mistakes };
}
