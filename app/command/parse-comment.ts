import { closestWord } from '../config/closest-word.ts';
import type { CommandName } from '../../protocol/index.ts';
import { COMMAND_WORDS, findCommand, type CommandRecord } from './commands.ts';
import type { CommandFlags } from './flags.ts';
import { printable } from './printable.ts';
import { readArguments, type ReplyCode } from './read-arguments.ts';
import { findCommandLines } from './comment/command-lines.ts';

/** One thing a comment says to Bosun: an order, or something that was meant as one, with the answer to it. */
export type ParsedCommand =
  | {
      readonly kind: 'command';
      readonly name: CommandName;
      /** What stands behind the command, flags taken out, up to the next command. Markdown; may be empty. */
      readonly text: string;
      readonly flags: CommandFlags;
      /** Counts from 1. */
      readonly line: number;
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
  for (const line of findCommandLines(lines, prefix)) {
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
  for (const [index, start] of starts.slice(0, MAX_COMMANDS).entries()) {
    const end = starts[index + 1]?.line ?? lines.length;
    const rest = lines.slice(start.line + 1, end).join('\n');
    found.push({ line: start.line, item: readCommand(start, rest, prefix) });
  }
  const extra = starts[MAX_COMMANDS];
  if (extra !== undefined) {
    const reply = `A comment may hold at most ${MAX_COMMANDS} commands; the ones from line ${extra.line + 1} on were ignored. Say them in another comment.`;
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

interface Start {
  readonly word: string;
  readonly record: CommandRecord;
  /** The rest of the line behind the command word. */
  readonly rest: string;
  readonly line: number;
}

function splitLines(text: string): string[] {
  return text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n');
}

/** The word behind the prefix; null when what follows is no word, as in `/usr/bin`, or no blank, as in `@bosun-x`. */
function readStart(line: string, prefix: string): { word: string; record: CommandRecord | null; rest: string } | null {
  const said = line.trimStart().slice(prefix.trimEnd().length);
  const body = prefix.endsWith(' ') ? said.trimStart() : said;
  let end = 0;
  while (end < body.length && end <= 40 && isWordChar(body.charCodeAt(end))) {
    end += 1;
  }
  const word = body.slice(0, end);
  const after = body.slice(end).replace(/^[.,:;!?]+(?=\s|$)/, '');
  if (after !== '' && !/^\s/.test(after)) {
    return prefix === '/' ? null : { word: body.split(/\s/, 1)[0]?.slice(0, 40) ?? '', record: null, rest: '' };
  }
  return { word, record: findCommand(word), rest: after };
}

function isWordChar(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 45;
}

/** A bare slash word is answered only when it is nearly a command; many other bots and paths begin with a slash. */
function answerUnknown(word: string, prefix: string): string | null {
  const near = word.length < 4 && prefix === '/' ? null : closestWord(word, COMMAND_WORDS);
  if (near !== null) {
    return `\`${prefix}${printable(word)}\` is not a command. Did you mean \`${prefix}${near}\`? Say \`${prefix}help\` to see what may be said here.`;
  }
  if (prefix === '/') {
    return null;
  }
  const what = word === '' ? 'There is no command in that line.' : `\`${prefix}${printable(word)}\` is not a command.`;
  return `${what} Say \`${prefix}help\` to see what may be said here, or \`${prefix}implement\` to start a task.`;
}

function readCommand(start: Start, following: string, prefix: string): ParsedCommand {
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
  const text = `${read.text}\n${following}`.trim();
  return { kind: 'command', name: record.name, text, flags: read.flags, line };
}
