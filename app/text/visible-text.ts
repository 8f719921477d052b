import { parseFragment } from 'parse5';

import type { Edit, Piece } from './visible/html-sketch.ts';
import { markdownEvents } from './visible/markdown-events.ts';
import { plainCharacters } from './visible/plain-characters.ts';
import { RemovalCount, type Removal } from './visible/removal.ts';
import { seenRanges, TangledMarkup } from './visible/seen-ranges.ts';
import { sketchMarkdown } from './visible/sketch-markdown.ts';

export interface VisibleText {
  /** Markdown in which nothing is hidden. */
  readonly text: string;
  readonly removed: readonly Removal[];
}

/** What takes more passes, or more nesting, than this is not worth trusting. */
const MAX_PASSES = 12;
const MAX_QUOTE_DEPTH = 40;
const MAX_LENGTH = 1_000_000;

/**
 * What a reader of the rendered page sees, and nothing hidden: the one way of foreign text into a prompt.
 *
 * The author's own Markdown is kept; everything a reader does not see is cut out of it: comments, hidden elements, tags
 * and their attributes, images with their alternative text, targets and titles of links, definitions, footnotes nobody
 * calls, cells beyond a table's head, invisible characters. Of a closed `<details>` only the summary stays, because
 * whoever approves the text did not have to open it. Code keeps every visible character. Cutting is repeated until
 * nothing is left to cut, so the result, read again, gives itself. A text that cannot be read in a few passes is replaced
 * by one sentence.
 */
export function visibleText(markdown: string): VisibleText {
  const removed = new RemovalCount();
  let text = tidy(plainCharacters(markdown.slice(0, MAX_LENGTH), removed));
  try {
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const next = tidy(plainCharacters(cutHidden(text, removed)));
      if (next === text) {
        return { text, removed: removed.list() };
      }
      text = next;
    }
  } catch (error) {
    if (!(error instanceof TangledMarkup)) {
      throw error;
    }
  }
  removed.add('tangled');
  return {
    text: 'This text is too tangled to show what is visible in it, so it was left out.',
    removed: removed.list(),
  };
}

/** The same for a line that is not Markdown, such as a title: only invisible characters go. */
export function visibleLine(line: string): VisibleText {
  const removed = new RemovalCount();
  const text = plainCharacters(line, removed).replaceAll(/\s+/g, ' ').trim();
  return { text, removed: removed.list() };
}

/** Blank lines at the edges mean nothing. */
function tidy(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
}

function cutHidden(source: string, removed: RemovalCount): string {
  if (isDeep(source)) {
    throw new TangledMarkup('quotes nested deeper than anyone writes');
  }
  const sketch = sketchMarkdown(source, markdownEvents(source), removed);
  const page = sketch.pieces.map((piece) => piece.html).join('');
  const seen = seenRanges(page, removed);
  const edits: Edit[] = [...sketch.edits];
  let at = 0;
  for (const piece of sketch.pieces) {
    edits.push(...unseenParts(piece, { seen, at, source }));
    at += piece.html.length;
  }
  for (const reference of sketch.references) {
    const said = source.slice(reference.from, reference.to);
    const by = resolveReference(said, removed);
    if (by !== said) {
      edits.push({ ...reference, by });
    }
  }
  return applyEdits(source, edits);
}

function unseenParts(piece: Piece, place: { seen: Uint8Array; at: number; source: string }): Edit[] {
  const { seen, at, source } = place;
  if (piece.source === null) {
    return [];
  }
  if (piece.kind === 'leaf') {
    return seen[at] === 1 ? [] : [{ ...piece.source, by: '' }];
  }
  const edits: Edit[] = [];
  const { from, to } = piece.source;
  for (let start = from; start < to;) {
    let end = start;
    const isSeen = seen[at + start - from] === 1;
    while (end < to && (seen[at + end - from] === 1) === isSeen) {
      end += 1;
    }
    const cut = source.slice(start, end);
    // The line end of a tag that goes over several lines is kept, or a fence behind it would not begin a line.
    if (!isSeen && cut !== '\n') {
      edits.push({ from: start, to: end, by: breakOf(cut) });
    }
    start = end;
  }
  return edits;
}

const BREAKING_TAG =
  /<\/?(?:br|hr|p|div|li|ul|ol|dl|dt|dd|tr|table|thead|tbody|h[1-6]|pre|blockquote|details|summary|section|article|header|footer|center|figure|form|fieldset)\b/i;
const CELL_TAG = /<\/?t[dh]\b/i;

/** Tags that part words on the page part them in the text too. */
function breakOf(cut: string): string {
  if (cut.length > 2 && BREAKING_TAG.test(cut)) {
    return '\n';
  }
  return CELL_TAG.test(cut) ? ' ' : '';
}

/** Marks that stay written as references, because they could become markup. */
const MARKUP = /^[<>&`[\]()!\\*_~|"'{}]$/;

/** The character itself, a blank for blanks, nothing for the invisible. */
function resolveReference(said: string, removed: RemovalCount): string {
  const [node] = parseFragment(said).childNodes;
  const value = node !== undefined && 'value' in node ? node.value : said;
  if (value === said) {
    return said;
  }
  const plain = plainCharacters(value, removed);
  if (plain.trim() === '') {
    return plain === '' ? '' : ' ';
  }
  return plain.length > 8 || MARKUP.test(plain) ? said : plain;
}

function applyEdits(source: string, edits: Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits.sort((a, b) => a.from - b.from || b.to - a.to)) {
    if (edit.to <= at) {
      continue;
    }
    const from = Math.max(edit.from, at);
    result += source.slice(at, from);
    if (edit.by !== '\n' || (result !== '' && !result.endsWith('\n') && source[edit.to] !== '\n')) {
      result += edit.by;
    }
    at = edit.to;
  }
  return result + source.slice(at);
}

function isDeep(source: string): boolean {
  for (const line of source.split('\n')) {
    let depth = 0;
    for (const char of line) {
      if (char === '>') {
        depth += 1;
      } else if (!' \t-*+.)0123456789'.includes(char)) {
        break;
      }
    }
    if (depth > MAX_QUOTE_DEPTH) {
      return true;
    }
  }
  return false;
}
