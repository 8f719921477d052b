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
  | 'misplaced_flag'
  | 'missing_value'
  | 'bad_value'
  | 'not_available'
  | 'quoted_mail'
  | 'too_many_commands';

export type ReadArguments =
  | {
      readonly ok: true;
      readonly text: string;
      readonly flags: CommandFlags;
      /** A lone `--` was found: what follows it is text, whatever it looks like. */
      readonly endsFlags: boolean;
    }
  | { readonly ok: false; readonly code: ReplyCode; readonly reply: string };

/** Whether a line below a command holds flags of that command and nothing else. */
export function hasFlagsOnly(line: string, command: { record: CommandRecord; prefix: string }): boolean {
  const first = /^\s*(\S{3,60})(?:\s|$)/.exec(line)?.[1];
  const flag = first === undefined ? null : asFlag(first);
  const name = flag === null ? null : findFlag(flag.name, command.record);
  if (name === null) {
    return false;
  }
  const read = readArguments(line, command);
  if (read.ok) {
    return read.text === '';
  }
  // `--budget must be kept` is a sentence about a flag; `--budget much` is the flag with a wrong value.
  return read.code !== 'unknown_flag' && tokenize(line).length <= 2;
}

/** Splits what stands behind a command on its line into flags and text. Every reply says what to write instead. */
export function readArguments(rest: string, command: { record: CommandRecord; prefix: string }): ReadArguments {
  const tokens = tokenize(cutComments(rest));
  const flags: Record<string, unknown> = {};
  const words: string[] = [];
  let endsFlags = false;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as Token;
    const said = token.isQuoted ? null : asFlag(token.text);
    if (said === null) {
      const meant = token.isQuoted ? null : singleDashFlag(token.text, command.record);
      if (meant !== null) {
        return refuse(
          'unknown_flag',
          `\`${printable(token.text)}\` is not a flag. Write \`--${meant}\`, with two hyphens.`,
        );
      }
      words.push(token.source);
      continue;
    }
    if (said.name === '') {
      words.push(...tokens.slice(index + 1).map((later) => later.source));
      endsFlags = true;
      break;
    }
    const name = findFlag(said.name, command.record);
    if (name === null) {
      return refuseFlag(said.name, command);
    }
    const spec: FlagSpec = FLAGS[name];
    if (spec.key in flags) {
      return refuse('repeated_flag', `\`--${name}\` is given twice. Use it once.`);
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
    const isHalfQuoted = !(usesNext && next?.isQuoted) && HALF_QUOTED.test(value);
    const read = isHalfQuoted ? null : spec.read(value);
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
  return command.record.argument === '[+usd]' ? readTopUp(text, command.prefix) : { ok: true, text, flags, endsFlags };
}

/** `/budget`, `/budget +5`, `/budget $2.50`. */
function readTopUp(text: string, prefix: string): ReadArguments {
  if (text === '') {
    return { ok: true, text: '', flags: {}, endsFlags: false };
  }
  const addNano = parseAmount(text.replace(/^\+\s*/, ''));
  return addNano === null
    ? refuse(
        'bad_value',
        `\`${prefix}budget\` takes an amount of USD above 0, and \`${printable(text)}\` is not one. Example: \`${prefix}budget +5\`.`,
      )
    : { ok: true, text: '', flags: { addNano }, endsFlags: false };
}

interface Token {
  /** Without quotation marks. */
  readonly text: string;
  /** As it was written. */
  readonly source: string;
  readonly isQuoted: boolean;
}

/** Quotation marks as keyboards and phones of many languages write them, with what may close each. */
const CLOSING: Readonly<Record<string, string>> = {
  '`': '`',
  '"': '"',
  "'": "'",
  '“': '”',
  '”': '”',
  '„': '“”',
  '‘': '’',
  '’': '’',
  '‚': '‘’',
  '«': '»',
  '»': '«»',
  '‹': '›',
  '「': '」',
  '『': '』',
  '＂': '＂',
};
const QUOTATION_MARKS = [...new Set(Object.entries(CLOSING).flatMap(([open, close]) => [open, ...close]))].join('');
/** A value with a quotation mark at one end only: its other half was not found. */
const HALF_QUOTED = new RegExp(`^[${QUOTATION_MARKS}]|[${QUOTATION_MARKS}]$`, 'u');

/** Words, quoted stretches as one; a quotation mark inside a word (`don't`) or without an end is a letter. */
function tokenize(rest: string): Token[] {
  const tokens: Token[] = [];
  const lastIndex: Record<string, number> = {};
  for (const closing of Object.values(CLOSING).flatMap((marks) => [...marks])) {
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
      const mayOpen = at === start || EQUALS.includes(rest[at - 1] ?? ' ');
      const closings = [...(CLOSING[char] ?? '')].filter((mark) => mayOpen && (lastIndex[mark] ?? -1) > at);
      if (closings.length > 0) {
        const end = Math.min(...closings.map((mark) => rest.indexOf(mark, at + 1)));
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
  return char !== undefined && /[\s\u2800\u3164\u115f\u1160\uffa0]/.test(char);
}

const EQUALS = '=＝';
/** Two or more of any hyphen or dash, or one of the long ones that phones make of two hyphens. */
const FLAG_START = /^(?:[\p{Pd}\u2212]{2,}|[\u2012-\u2015\ufe58])/u;

/** `--name`, `--name=value`, with any dashes. A lone `--` ends the flags and has no name. */
function asFlag(source: string): { name: string; value: string | null } | null {
  // What takes no room must not turn a flag into a word of the request.
  const text = source.replace(/^[\p{Default_Ignorable_Code_Point}\p{Cf}]+/u, '');
  const dashes = FLAG_START.exec(text)?.[0];
  if (dashes === undefined) {
    return null;
  }
  const body = text.slice(dashes.length);
  if (body === '') {
    return dashes === '--' ? { name: '', value: null } : null;
  }
  if (!/^[\p{L}\p{N}\p{Default_Ignorable_Code_Point}]/u.test(body)) {
    return null;
  }
  const equals = body.search(/[=＝]/);
  return equals === -1
    ? { name: flagName(body), value: null }
    : { name: flagName(body.slice(0, equals)), value: body.slice(equals + 1) };
}

function flagName(written: string): string {
  return written
    .normalize('NFKC')
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '')
    .replaceAll(/[\p{Pd}\u2212_]/gu, '-')
    .toLowerCase();
}

/** The flag that a word with one hyphen means, as in `-dry-run`; null for ordinary text such as `-1` or `-fix`. */
function singleDashFlag(text: string, record: CommandRecord): FlagName | null {
  const name = /^[\p{Pd}\u2212](?=\p{L})(.+)$/u.exec(text)?.[1]?.split(/[=＝]/, 1)[0];
  return name === undefined ? null : findFlag(flagName(name), record);
}

function findFlag(name: string, record: CommandRecord): FlagName | null {
  return record.flags.find((flag) => flag === name) ?? null;
}

function refuseFlag(name: string, command: { record: CommandRecord; prefix: string }): ReadArguments {
  const { record, prefix } = command;
  const what = `\`${prefix}${record.name}\` has no flag \`--${printable(name)}\`.`;
  if (record.flags.length === 0) {
    return refuse('unknown_flag', `${what} It takes none; comment \`${prefix}${record.name}\` alone.`);
  }
  const near = closestWord(name, record.flags);
  const hint = near === null ? '' : ` Did you mean \`--${near}\`?`;
  const all = record.flags.map((flag) => `\`--${flag}\``).join(', ');
  return refuse('unknown_flag', `${what}${hint} It takes ${all}. To write it as text, put \`--\` before it.`);
}

function refuse(code: ReplyCode, reply: string): ReadArguments {
  return { ok: false, code, reply };
}
