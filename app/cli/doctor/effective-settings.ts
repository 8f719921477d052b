import type { Environment } from '../../config/server-config.ts';
import { SETTINGS } from '../../config/settings.ts';

/** One setting as it holds: `value` is null for a secret and for a setting that has neither value nor default. */
export interface EffectiveSetting {
  readonly name: string;
  readonly group: string;
  readonly source: 'set' | 'default' | 'unset';
  readonly value: string | null;
  readonly secret: boolean;
}

/** Every setting as it holds, in the order of the documentation. Values of secrets are left out. */
export function listEffectiveSettings(env: Environment): EffectiveSetting[] {
  return Object.values(SETTINGS).map(({ name, group, secret, fallback }) => {
    const given = env[name]?.trim() ?? '';
    if (given !== '') {
      return { name, group, source: 'set', value: secret ? null : given, secret };
    }
    return { name, group, source: fallback === null ? 'unset' : 'default', value: fallback, secret };
  });
}
