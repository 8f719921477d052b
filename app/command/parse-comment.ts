import { closestWord } from '../config/closest-word.ts';
import type { CommandName } from '../../protocol/index.ts';
import { COMMAND_WORDS, findCommand, type CommandRecord } from './commands.ts';
import type { CommandFlags } from './flags.ts';
import { printable } from './printable.ts';
import { hasFlagsOnly, readArguments, type ReplyCode } from './read-arguments.ts';
import { findCommandLines, type CommandLines } from './comment/command-lines.ts';

/** One thing a comment says to Bosun: a command, or something that was meant as one, with the answer to it. */
export type ParsedCommand =
  | {
      readonly kind: 'command';
      readonly name: CommandName;
      /** What stands behind the command, flags taken out, up to the next command. Markdown; may be empty. */
      readonly text: string;
      readonly flags: CommandFlags;
      /** Counts from 1. */
      readonly line: number;
      /** A part quoted with `>` below the command was left out of the text. */
      readonly hasQuote?: true;
    }
  | {
      readonly kind: 'reply';
      readonly code: ReplyCode;
      /** Markdown that says what was wrong and what to say instead. */
      readonly reply: string;
      readonly line: number;
    };

const MAX_COMMANDS = 10;

/**
 * What a comment orders, in its order; empty when nothing. Commands stand at the start of a line, in any case, never in
 * code, quotes, HTML comments or other places a reader does not see as text. Never throws; linear in the text.
 */
export function parseComment(text: string, options: { prefix: string }): ParsedCommand[] {
  const { prefix } = options;
  const lines = splitLines(text);
  const found: { line: number; item: ParsedCommand }[] = [];
  const starts: Start[] = [];
  let hasUnknown = false;
  const own = findCommandLines(lines, prefix);
  for (const line of own.starts) {
    const start = readStart(lines[line] ?? '', prefix);
    if (start === null) {
      continue;
    }
    if (start.record !== null) {
      starts.push({ ...start, record: start.record, line });
    } else if (!hasUnknown) {
      const reply = answerUnknown(start.word, prefix);
      if (reply !== null) {
        hasUnknown = true;
        found.push({ line, item: { kind: 'reply', code: 'unknown_command', reply, line: line + 1 } });
      }
    }
  }
  const [doubtful] = starts;
  if (own.isUncertain && doubtful !== undefined) {
    return [{ kind: 'reply', code: 'quoted_mail', reply: QUOTED_MAIL, line: doubtful.line + 1 }];
  }
  for (const [index, start] of starts.slice(0, MAX_COMMANDS).entries()) {
    const end = starts[index + 1]?.line ?? own.end;
    found.push({ line: start.line, item: readCommand(start, followingLines(lines, { start, end, own }), prefix) });
  }
  const extra = starts[MAX_COMMANDS];
  if (extra !== undefined) {
    const reply = `A comment may hold at most ${MAX_COMMANDS} commands; the ones from line ${extra.line + 1} on were ignored. Put them into another comment.`;
    found.push({ line: extra.line, item: { kind: 'reply', code: 'too_many_commands', reply, line: extra.line + 1 } });
  }
  return found.toSorted((a, b) => a.line - b.line).map(({ item }) => item);
}

/** Whether reading the repository's prefix is worth it: a line that begins with `/` or `@`. Cheap, for every comment. */
export function mayHoldCommand(text: string): boolean {
  return splitLines(text).some((line) => {
    const first = line.trimStart()[0];
    return first === '/' || first === '@';
  });
}

const QUOTED_MAIL =
  'This comment quotes an email, and Bosun cannot tell where the quoted part begins, so its commands were not run: somebody else may have written them. Comment again without the quoted email.';

interface FollowingText {
  readonly text: string;
  /** Lines outside code, on which a flag would be read as text. */
  readonly prose: readonly string[];
  readonly hasQuote: boolean;
}

/** The author's own lines below a command, up to the next one. */
function followingLines(
  lines: readonly string[],
  from: { start: Start; end: number; own: CommandLines },
): FollowingText {
  const { end, own, start } = from;
  const kept: string[] = [];
  const prose: string[] = [];
  let hasQuote = false;
  for (let index = start.line + 1; index < end; index += 1) {
    const line = lines[index] ?? '';
    if (own.quotes.has(index)) {
      hasQuote = true;
      continue;
    }
    kept.push(line);
    if (!own.code.has(index)) {
      prose.push(line);
    }
  }
  return { text: kept.join('\n'), prose, hasQuote };
}

interface Start {
  readonly word: string;
  readonly record: CommandRecord;
  /** The rest of the line behind the command word. */
  readonly rest: string;
  readonly line: number;
}

/** Blanks of every width, and characters that take no room and may stand between a command and its flags. */
const BLANKS = /^[\s\p{Default_Ignorable_Code_Point}\u2800]+/u;

/** A flag right behind its command, as in `/implement—dry-run`. */
function isFlag(text: string): boolean {
  return /^(?:--|[\u2012-\u2015])\p{L}/u.test(text);
}

function splitLines(text: string): string[] {
  return text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n');
}

/** The word behind the prefix; null when what follows is no word, as in `/usr/bin`, or no blank, as in `@bosun-x`. */
function readStart(line: string, prefix: string): { word: string; record: CommandRecord | null; rest: string } | null {
  const said = line.trimStart().slice(prefix.trimEnd().length);
  const body = prefix.endsWith(' ') ? said.replace(/^[,:;.!?]+/, '').replace(BLANKS, '') : said;
  let end = 0;
  while (end < body.length && end <= 40 && isWordChar(body.charCodeAt(end))) {
    end += 1;
  }
  const word = body.slice(0, end).split('--', 1)[0] ?? '';
  const after = body.slice(word.length).replace(/^[.,:;!?]+(?=[\s\p{Default_Ignorable_Code_Point}]|$)/u, '');
  const rest = after.replace(BLANKS, '');
  if (after !== '' && rest === after && !isFlag(after)) {
    return prefix === '/' ? null : { word: body.split(/\s/, 1)[0] ?? '', record: null, rest: '' };
  }
  return { word, record: findCommand(word), rest };
}

function isWordChar(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 45;
}

/** A bare slash word is answered only when it is nearly a command; many other bots and paths begin with a slash. */
function answerUnknown(word: string, prefix: string): string | null {
  const near = word.length < 4 && prefix === '/' ? null : closestWord(word, COMMAND_WORDS);
  if (near !== null) {
    return `\`${prefix}${printable(word)}\` is not a command. Did you mean \`${prefix}${near}\`? Comment \`${prefix}help\` to see the available commands.`;
  }
  if (prefix === '/') {
    return null;
  }
  const what = word === '' ? 'There is no command in that line.' : `\`${prefix}${printable(word)}\` is not a command.`;
  return `${what} Comment \`${prefix}help\` to see the available commands, or \`${prefix}implement\` to start a task.`;
}

function readCommand(start: Start, following: FollowingText, prefix: string): ParsedCommand {
  const { record } = start;
  const line = start.line + 1;
  if (!record.available) {
    const instead = (record.instead ?? '').replaceAll(/`([a-z]+)`/g, (_all, word: string) => `\`${prefix}${word}\``);
    const reply = `\`${prefix}${record.name}\` is not available in this version yet. ${instead}`.trimEnd();
    return { kind: 'reply', code: 'not_available', reply, line };
  }
  const read = readArguments(start.rest, { record, prefix });
  if (!read.ok) {
    return { kind: 'reply', code: read.code, reply: read.reply, line };
  }
  const misplaced = read.endsFlags
    ? undefined
    : following.prose.find((other) => hasFlagsOnly(other, { record, prefix }));
  if (misplaced !== undefined) {
    const reply = `\`${printable(misplaced.trim())}\` is on a line of its own, so it may be a flag or text. Write flags on the line of \`${prefix}${record.name}\`, and text that looks like a flag in a code block.`;
    return { kind: 'reply', code: 'misplaced_flag', reply, line };
  }
  const text = `${read.text}\n${following.text}`.trim();
  return {
    kind: 'command',
    name: record.name,
    text,
    flags: read.flags,
    line,
    ...(following.hasQuote ? { hasQuote: true } : {}),
  };
}
