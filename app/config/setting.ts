import { takeStart } from '../../protocol/index.ts';

/** What a setting's text meant, or what was expected instead. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

/** One operator setting: what the documentation says of it and how its text is read. */
export interface Setting<T> {
  readonly name: string;
  readonly group: SettingGroup;
  readonly description: string;
  /** For people: `a whole number from 1 to 65535`. */
  readonly type: string;
  /** Text that stands for an unset setting; null when there is no default. Never a secret, never an insecure value. */
  readonly fallback: string | null;
  readonly example: string;
  /** Its value is never shown, not even in a complaint about it. */
  readonly secret: boolean;
  readonly read: (text: string) => Read<T>;
}

export type SettingGroup = 'GitHub App' | 'Server' | 'Dashboard' | 'Storage' | 'Model' | 'Limits' | 'Worker' | 'Traces';

/** A setting that stops the start: which one, what was found, what was expected and an example. */
export interface ConfigProblem {
  readonly name: string;
  /** `nothing`, or the text in quotes; for a secret only that and how it is wrong. */
  readonly found: string;
  readonly expected: string;
  readonly example: string;
}

/** A mistake in the file: at which key, and what belongs there. */
export interface FileMistake {
  readonly path: readonly PropertyKey[];
  readonly expected: string;
  readonly found: string;
}

/** One sentence for a terminal or a log. */
export function renderConfigProblem(problem: ConfigProblem): string {
  return `${problem.name}: expected ${problem.expected}, found ${problem.found}. Example: ${problem.name}=${problem.example}`;
}

/** A complaint about a setting; `text` is shown shortened, and not at all for a secret. */
export function problemOf(
  setting: Pick<Setting<unknown>, 'name' | 'example' | 'secret' | 'type'>,
  wrong: { readonly text: string | undefined; readonly expected?: string },
): ConfigProblem {
  return {
    name: setting.name,
    found: describeFound(wrong.text, setting.secret),
    expected: wrong.expected ?? setting.type,
    example: setting.example,
  };
}

function describeFound(text: string | undefined, secret: boolean): string {
  if (text === undefined || text.trim() === '') {
    return 'nothing';
  }
  if (secret) {
    return `a value of ${text.length} characters that is not shown`;
  }
  const plain = [...text].map((char) => (isControl(char) ? '?' : char)).join('');
  return `"${plain.length > 80 ? `${takeStart(plain, 80)}…` : plain}"`;
}

function isControl(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/** What is written about a setting, beside its name and how it is read. */
interface SettingText {
  readonly group: SettingGroup;
  readonly description: string;
  readonly fallback?: string;
  readonly example: string;
  readonly secret?: boolean;
}

/** A record of the table of settings. */
export function setting<T>(name: string, reader: Pick<Setting<T>, 'type' | 'read'>, about: SettingText): Setting<T> {
  return { name, ...about, ...reader, fallback: about.fallback ?? null, secret: about.secret ?? false };
}
