import { hiddenLines, type OpenElement } from './hidden-lines.ts';
import { findQuotedMail } from './quoted-mail.ts';
import { splitBlocks } from './split-blocks.ts';

/** Where commands begin in a comment, and which of its lines are the author's own words. */
export interface CommandLines {
  /** Indexes of the lines that begin with the prefix and are text to a reader, ascending. */
  readonly starts: readonly number[];
  /** Index of the first line that belongs to a quoted mail; the number of lines without one. */
  readonly end: number;
  /** Lines above `end` that quote somebody else. */
  readonly quotes: ReadonlySet<number>;
  /** Lines above `end` that are fenced code. */
  readonly code: ReadonlySet<number>;
  /** A mail is quoted, and nothing shows where it begins. */
  readonly isUncertain: boolean;
}

const NONE: ReadonlySet<number> = new Set();

/** Finds the commands of a comment. Linear in the text. */
export function findCommandLines(all: readonly string[], prefix: string): CommandLines {
  const wanted = prefix.trimEnd().toLowerCase();
  const needsBlank = prefix.endsWith(' ');
  if (!all.some((line) => beginsWith(line, { wanted, needsBlank }))) {
    return { starts: [], end: all.length, quotes: NONE, code: NONE, isUncertain: false };
  }
  const whole = splitBlocks(all);
  const mail = findQuotedMail({ lines: all, quotes: whole.quotes, code: whole.code });
  const lines = all.slice(0, mail.end);
  const { blocks, code, quotes } = mail.end === all.length ? whole : splitBlocks(lines);
  const element: OpenElement = { name: null };
  const found: number[] = [];
  for (const block of blocks) {
    const hidden = hiddenLines(block, lines, element);
    if (block.isDefinition) {
      continue;
    }
    for (const index of block.candidates) {
      if (!hidden.has(index) && beginsWith(lines[index] ?? '', { wanted, needsBlank })) {
        found.push(index);
      }
    }
  }
  const starts = found.filter((index) => !mail.attributions.has(index)).toSorted((a, b) => a - b);
  return {
    starts,
    end: mail.end,
    quotes: new Set([...quotes, ...mail.attributions]),
    code,
    isUncertain: mail.isUncertain,
  };
}

function beginsWith(line: string, { wanted, needsBlank }: { wanted: string; needsBlank: boolean }): boolean {
  const text = line.trimStart();
  if (text.slice(0, wanted.length).toLowerCase() !== wanted) {
    return false;
  }
  // `@bosun, implement` and `@bosun: implement` are meant for Bosun as well.
  return !needsBlank || /^[,:;.!?]*(?:[\s\p{Default_Ignorable_Code_Point}]|$)/u.test(text.slice(wanted.length));
}
