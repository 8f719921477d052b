import type { Environment } from '../../config/server-config.ts';
import { SETTINGS } from '../../config/settings.ts';

/** Of other groups, but they decide what a worker can install too. */
const OTHERS = ['BOSUN_CONFIG', 'HTTPS_PROXY', 'NO_PROXY'];

/**
 * The operator's settings that decide what a worker can install and run, and the variables that `BOSUN_CONFIG` may refer
 * to. Everything else (database, keys, GitHub) is left to the stage.
 */
export function pickWorkerSettings(env: Environment): Record<string, string> {
  const settings = new Map(Object.values(SETTINGS).map(({ name, group }) => [name as string, group as string]));
  const picked = Object.entries(env).filter(([name]) => {
    const group = settings.get(name);
    return name !== 'BOSUN_COMPUTE' && (group === undefined || group === 'Worker' || OTHERS.includes(name));
  });
  return Object.fromEntries(picked.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
