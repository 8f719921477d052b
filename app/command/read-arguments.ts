import { closestWord } from '../config/closest-word.ts';
import { parseAmount } from '../config/quantities.ts';
import type { CommandRecord } from './commands.ts';
import { FLAGS, type CommandFlags, type FlagName, type FlagSpec } from './flags.ts';
import { printable } from './printable.ts';

/** Why something meant as a command was not one. */
export type ReplyCode =
  | 'unknown_command'
  | 'unknown_flag'
  | 'repeated_flag'
  | 'missing_value'
  | 'bad_value'
  | 'not_available'
  | 'too_many_commands';

export type ReadArguments =
  | { readonly ok: true; readonly text: string; readonly flags: CommandFlags }
  | { readonly ok: false; readonly code: ReplyCode; readonly reply: string };

/** Splits what stands behind a command on its line into flags and text. Every complaint names the way out. */
export function readArguments(rest: string, command: { record: CommandRecord; prefix: string }): ReadArguments {
  const tokens = tokenize(cutComments(rest));
  const flags: Record<string, unknown> = {};
  const words: string[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as Token;
    const said = token.isQuoted ? null : asFlag(token.text);
    if (said === null) {
      words.push(token.source);
      continue;
    }
    if (said.name === '') {
      words.push(...tokens.slice(index + 1).map((later) => later.source));
      break;
    }
    const name = findFlag(said.name, command.record);
    if (name === null) {
      return refuseFlag(said.name, command);
    }
    const spec: FlagSpec = FLAGS[name];
    if (spec.key in flags) {
      return refuse('repeated_flag', `\`--${name}\` is said twice. Say it once.`);
    }
    if (spec.value === null) {
      if (said.value !== null) {
        return refuse('bad_value', `\`--${name}\` takes no value. Leave out \`=${printable(said.value)}\`.`);
      }
      flags[spec.key] = true;
      continue;
    }
    const next = tokens[index + 1];
    const usesNext = said.value === null && next !== undefined && (next.isQuoted || asFlag(next.text) === null);
    const value = said.value ?? (usesNext ? next.text : null);
    if (value === null || value === '') {
      return refuse('missing_value', `\`--${name}\` needs a value: ${spec.expected}. Example: \`${spec.example}\`.`);
    }
    const read = spec.read(value);
    if (read === null) {
      return refuse(
        'bad_value',
        `\`--${name}\` takes ${spec.expected}, and \`${printable(value)}\` is not one. Example: \`${spec.example}\`.`,
      );
    }
    flags[spec.key] = read;
    index += usesNext ? 1 : 0;
  }
  const text = words.join(' ').trim();
  return command.record.argument === '[+usd]' ? readTopUp(text, command.prefix) : { ok: true, text, flags };
}

/** `/budget`, `/budget +5`, `/budget $2.50`. */
function readTopUp(text: string, prefix: string): ReadArguments {
  if (text === '') {
    return { ok: true, text: '', flags: {} };
  }
  const addNano = parseAmount(text.replace(/^\+\s*/, ''));
  return addNano === null
    ? refuse(
        'bad_value',
        `\`${prefix}budget\` takes an amount of USD above 0, and \`${printable(text)}\` is not one. Example: \`${prefix}budget +5\`.`,
      )
    : { ok: true, text: '', flags: { addNano } };
}

interface Token {
  /** Without quotation marks. */
  readonly text: string;
  /** As it was written. */
  readonly source: string;
  readonly isQuoted: boolean;
}

const CLOSING: Readonly<Record<string, string>> = { '`': '`', '"': '"', "'": "'", '“': '”', '‘': '’' };

/** Words, quoted stretches as one; a quotation mark inside a word (`don't`) or without an end is a letter. */
function tokenize(rest: string): Token[] {
  const tokens: Token[] = [];
  const lastIndex: Record<string, number> = {};
  for (const closing of Object.values(CLOSING)) {
    lastIndex[closing] = rest.lastIndexOf(closing);
  }
  let at = 0;
  while (at < rest.length) {
    if (isBlank(rest[at])) {
      at += 1;
      continue;
    }
    const start = at;
    let text = '';
    let isQuoted = false;
    while (at < rest.length && !isBlank(rest[at])) {
      const char = rest[at] as string;
      const closing = CLOSING[char];
      const mayOpen = at === start || rest[at - 1] === '=';
      if (closing !== undefined && mayOpen && (lastIndex[closing] ?? -1) > at) {
        const end = rest.indexOf(closing, at + 1);
        text += rest.slice(at + 1, end);
        isQuoted = isQuoted || at === start;
        at = end + 1;
      } else {
        text += char;
        at += 1;
      }
    }
    tokens.push({ text, source: rest.slice(start, at), isQuoted });
  }
  return tokens;
}

/** A reader does not see what an HTML comment says, so it is no part of the command either. */
function cutComments(line: string): string {
  let kept = '';
  let at = 0;
  for (let open = line.indexOf('<!--'); open !== -1; open = line.indexOf('<!--', at)) {
    const close = line.indexOf('-->', open + 2);
    kept += `${line.slice(at, open)} `;
    at = close === -1 ? line.length : close + 3;
  }
  return kept + line.slice(at);
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\u00a0';
}

/** `--name`, `--name=value`; phones turn the two hyphens into a dash. A lone `--` ends the flags and has no name. */
function asFlag(text: string): { name: string; value: string | null } | null {
  const dashes = ['--', '—', '–'].find((dash) => text.startsWith(dash));
  if (dashes === undefined) {
    return null;
  }
  const body = text.slice(dashes.length);
  if (body === '') {
    return dashes === '--' ? { name: '', value: null } : null;
  }
  if (!/^[a-z]/i.test(body)) {
    return null;
  }
  const equals = body.indexOf('=');
  return equals === -1
    ? { name: body.toLowerCase(), value: null }
    : { name: body.slice(0, equals).toLowerCase(), value: body.slice(equals + 1) };
}

function findFlag(name: string, record: CommandRecord): FlagName | null {
  return record.flags.find((flag) => flag === name.replaceAll('_', '-')) ?? null;
}

function refuseFlag(name: string, command: { record: CommandRecord; prefix: string }): ReadArguments {
  const { record, prefix } = command;
  const what = `\`${prefix}${record.name}\` has no flag \`--${printable(name)}\`.`;
  if (record.flags.length === 0) {
    return refuse('unknown_flag', `${what} It takes none; say \`${prefix}${record.name}\` alone.`);
  }
  const near = closestWord(name, record.flags);
  const hint = near === null ? '' : ` Did you mean \`--${near}\`?`;
  const all = record.flags.map((flag) => `\`--${flag}\``).join(', ');
  return refuse('unknown_flag', `${what}${hint} It takes ${all}. To write it as text, put \`--\` before it.`);
}

function refuse(code: ReplyCode, reply: string): ReadArguments {
  return { ok: false, code, reply };
}
