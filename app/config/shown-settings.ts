import { SETTINGS } from './settings.ts';
import type { Setting, SettingGroup } from './setting.ts';

/** A setting as it holds, for the operator to read. */
export interface ShownSetting {
  readonly name: string;
  readonly group: SettingGroup;
  readonly description: string;
  /** Null when it is not set and has no default. */
  readonly value: string | null;
  readonly from: 'environment' | 'default' | '';
}

/** Parts of a value in which people put secrets, too: user and password of a URL, and its query. */
const URL_SECRETS = /(?<=\/\/)[^/@\s]+(?=@)|(?<=\?)\S+/g;

/** Every setting with its value; of a secret only that it is set. */
export function showSettings(env: Readonly<Record<string, string | undefined>>): ShownSetting[] {
  return Object.values(SETTINGS as Readonly<Record<string, Setting<unknown>>>).map((setting) => {
    const { description, fallback, group, name, secret } = setting;
    const given = env[name]?.trim() ?? '';
    if (given === '') {
      return { name, group, description, value: fallback, from: fallback === null ? '' : 'default' };
    }
    const value = secret ? 'set, not shown' : given.replaceAll(URL_SECRETS, '…');
    return { name, group, description, value, from: 'environment' };
  });
}
