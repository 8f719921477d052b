import type { Environment } from '../../config/server-config.ts';
import type { SettingGroup } from '../../config/setting.ts';
import { SETTINGS } from '../../config/settings.ts';

/** Of other groups, but they decide what a worker can install too. */
const OTHERS = ['BOSUN_CONFIG', 'HTTPS_PROXY', 'NO_PROXY'];

/**
 * The operator's settings that decide what a worker can install and run, and the variables that `BOSUN_CONFIG` may refer
 * to. Everything else (database, keys, GitHub) is left to the stage.
 */
export function pickWorkerSettings(env: Environment): Record<string, string> {
  return pickSettings(env, ['Worker']);
}

/** The same with the settings of more groups. */
export function pickSettings(env: Environment, groups: readonly SettingGroup[]): Record<string, string> {
  const settings = new Map<string, SettingGroup>(Object.values(SETTINGS).map(({ name, group }) => [name, group]));
  const picked = Object.entries(env).filter(([name]) => {
    const group = settings.get(name);
    return name !== 'BOSUN_COMPUTE' && (group === undefined || groups.includes(group) || OTHERS.includes(name));
  });
  return Object.fromEntries(picked.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
