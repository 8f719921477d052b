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
  /** A cloud whose credentials sign the requests; null for a provider with a key. */
  readonly service: ProviderService | null;
  readonly prices: PriceTable;
}

export type ProviderService =
  | { readonly kind: 'bedrock'; readonly region: string }
  | { readonly kind: 'vertex'; readonly region: string; readonly project: string };

const ModelId = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const CloudName = z
  .string({ error: 'a name such as eu-central-1' })
  .regex(/^[a-z0-9][a-z0-9.:-]{0,100}$/, { error: 'a name such as eu-central-1' });
const FREE: PriceRow = { input: 0, output: 0 };

/** One entry of `providers:`. */
export const ProviderSection = z.strictObject(
  {
    dialect: z.enum(MODEL_DIALECTS, { error: `one of ${MODEL_DIALECTS.join(', ')}` }),
    url: Address.optional(),
    /** A cloud that serves the models with its own credentials. */
    service: z.enum(['bedrock', 'vertex'], { error: 'one of bedrock, vertex' }).optional(),
    region: CloudName.optional(),
    project: CloudName.optional(),
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

/** Looks keys up in the environment, and names what an entry lacks or has too much. */
export function readProviders(
  sections: Readonly<Record<string, ProviderSection>>,
  env: Readonly<Record<string, string | undefined>>,
): { providers: ProviderConfig[]; mistakes: FileMistake[] } {
  const mistakes: FileMistake[] = [];
  const providers = Object.entries(sections).map(([id, section]) => {
    const path = ['providers', id];
    const service = readService(section, { path, mistakes });
    const apiKey = section.service === undefined ? readKey(section, { id, env, path, mistakes }) : '';
    if (Array.isArray(section.models) && id !== LOCAL) {
      const expected = 'prices with each model, because a model without a price cannot be used';
      mistakes.push({ path: [...path, 'models'], expected, found: 'a list of models without prices' });
    }
    return {
      id,
      dialect: section.dialect,
      // Operators copy the address that SDKs of this format take
      baseUrl: section.url?.replace(/\/v1$/, '') ?? addressOf(service),
      apiKey,
      authStyle: section.auth ?? (section.dialect === 'anthropic' ? 'x-api-key' : 'bearer'),
      service,
      prices: readPrices(section.models),
    };
  });
  return { providers, mistakes };
}

interface Place {
  readonly path: string[];
  readonly mistakes: FileMistake[];
}

/** A provider whose key is missing is a mistake, except for one that takes none. */
function readKey(
  section: ProviderSection,
  { id, env, path, mistakes }: Place & { id: string; env: Readonly<Record<string, string | undefined>> },
): string {
  if (section.url === undefined) {
    mistakes.push({ path, expected: '`url`, the address of the provider, or `service`', found: 'neither' });
  }
  const key = section.key === undefined ? '' : (env[section.key]?.trim() ?? '');
  if (section.key === undefined && id !== LOCAL) {
    mistakes.push({ path, expected: '`key`, the name of the variable that holds its key', found: 'nothing' });
  } else if (section.key !== undefined && (key === '' || /[^\x21-\x7e]/.test(key))) {
    const found = key === '' ? `${section.key}, which is not set` : `${section.key}, whose value is not a key`;
    mistakes.push({ path: [...path, 'key'], expected: 'the name of a variable that holds a key', found });
  }
  return key;
}

function readService(section: ProviderSection, { path, mistakes }: Place): ProviderService | null {
  const { service: kind, region, project } = section;
  const needed: Record<string, readonly ('region' | 'project')[]> = {
    bedrock: ['region'],
    vertex: ['region', 'project'],
  };
  const known = kind === undefined ? [] : (needed[kind] ?? []);
  for (const name of ['region', 'project'] as const) {
    if (known.includes(name) && section[name] === undefined) {
      mistakes.push({ path, expected: `\`${name}\`, because service is ${kind}`, found: 'nothing' });
    } else if (!known.includes(name) && section[name] !== undefined) {
      mistakes.push({ path: [...path, name], expected: `no \`${name}\` here`, found: section[name] });
    }
  }
  if (kind === undefined) {
    return null;
  }
  for (const name of ['key', 'auth'] as const) {
    if (section[name] !== undefined) {
      const expected = `no \`${name}\`: requests to ${kind} are signed with the credentials of the server`;
      mistakes.push({ path: [...path, name], expected, found: section[name] });
    }
  }
  if (section.dialect !== 'anthropic') {
    mistakes.push({
      path: [...path, 'dialect'],
      expected: `anthropic, because service is ${kind}`,
      found: section.dialect,
    });
  }
  return kind === 'bedrock' ? { kind, region: region ?? '' } : { kind, region: region ?? '', project: project ?? '' };
}

/** Where a cloud serves its models. Vertex has regions of its own names for the whole world and for continents. */
function addressOf(service: ProviderService | null): string {
  if (service === null) {
    return '';
  }
  const { kind, region } = service;
  if (kind === 'bedrock') {
    return `https://bedrock-runtime.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
  }
  if (region === 'global') {
    return 'https://aiplatform.googleapis.com';
  }
  return region === 'us' || region === 'eu'
    ? `https://aiplatform.${region}.rep.googleapis.com`
    : `https://${region}-aiplatform.googleapis.com`;
}
