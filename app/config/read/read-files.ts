import { parsePriceOverrides, PRICES, type PriceTable } from '../../budget/prices.ts';
import { EMPTY_CONFIG_FILE, parseConfigFile, type ConfigFile } from '../config-file.ts';
import type { ConfigProblem } from '../setting.ts';
import { SETTINGS } from '../settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export function readConfigFile(
  text: string | null,
  { env, problems }: { env: Environment; problems: ConfigProblem[] },
): ConfigFile {
  if (text === null) {
    return EMPTY_CONFIG_FILE;
  }
  const parsed = parseConfigFile({ file: env[SETTINGS.BOSUN_CONFIG.name]?.trim() ?? '', text }, env);
  problems.push(...parsed.problems);
  return parsed.config;
}

export function readPrices(json: string | null, problems: ConfigProblem[]): PriceTable {
  if (json === null) {
    return PRICES;
  }
  const parsed = parsePriceOverrides(json);
  if (parsed.ok) {
    return parsed.prices;
  }
  for (const problem of parsed.problems) {
    const { name, example } = SETTINGS.BOSUN_PRICES;
    problems.push({
      name,
      found: `a file with a mistake: ${problem}`,
      expected: 'the path of a JSON file of prices',
      example,
    });
  }
  return PRICES;
}
