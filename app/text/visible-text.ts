import { parseFragment } from 'parse5';
import { takeStart } from '../../protocol/index.ts';

import type { Edit, Piece } from './visible/html-model.ts';
import { markdownEvents } from './visible/markdown-events.ts';
import { renderedParts } from './visible/rendered-parts.ts';
import { hasMarkable, markedCode, plainCharacters, printableText } from './visible/plain-characters.ts';
import { RemovalCount, type Removal } from './visible/removal.ts';
import { SEEN, visibleRanges } from './visible/visible-ranges.ts';
import { modelMarkdown } from './visible/model-markdown.ts';
import { ComplexMarkup } from './visible/complex-markup.ts';

export interface VisibleText {
  /** Markdown in which nothing is hidden. */
  readonly text: string;
  readonly removed: readonly Removal[];
}

/** What takes more passes than this is not worth trusting. */
const MAX_PASSES = 12;
const MAX_LENGTH = 1_000_000;

/**
 * What a reader of the rendered page sees, and nothing hidden: the one way of foreign text into a prompt.
 *
 * The author's own Markdown is kept; everything a reader does not see is cut out of it: comments, hidden elements, tags
 * and their attributes, images with their alternative text, targets and titles of links, definitions, footnotes nobody
 * calls, cells beyond a table's head, invisible characters. Of a closed `<details>` only the summary stays, because
 * whoever approves the text did not have to open it. Code keeps every visible character, and what is invisible in it
 * becomes visible, because it may be what the text is about. Diagrams and formulas of which a reader sees a picture are
 * left out. Cutting is repeated until
 * nothing is left to cut, so the result, read again, gives itself. A text that cannot be read in a few passes is replaced
 * by one sentence.
 */
export function visibleText(markdown: string): VisibleText {
  const removed = new RemovalCount();
  try {
    let text = tidy(
      plainSource(
        printableText(markdown.length > MAX_LENGTH ? takeStart(markdown, MAX_LENGTH) : markdown, removed),
        removed,
      ),
    );
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const next = tidy(plainCharacters(cutHidden(text, removed)));
      if (next === text) {
        return { text, removed: removed.list() };
      }
      text = next;
    }
  } catch (error) {
    if (!(error instanceof ComplexMarkup)) {
      throw error;
    }
  }
  removed.add('tangled');
  return {
    text: 'This text is too complex to tell which parts are visible, so it was left out.',
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

/** Invisible characters are taken out of prose and marked in code, as GitHub tells the one from the other. */
function plainSource(source: string, removed: RemovalCount): string {
  if (!hasMarkable(source)) {
    return plainCharacters(source, removed);
  }
  const marks = { count: 0 };
  let text = '';
  let at = 0;
  for (const [kind, token] of markdownEvents(source)) {
    const type: string = token.type;
    const isCode = type === 'codeFenced' || type === 'codeIndented' || type === 'codeText';
    if (kind === 'enter' && isCode && token.start.offset >= at) {
      text += plainCharacters(source.slice(at, token.start.offset), removed);
      text += markedCode(source.slice(token.start.offset, token.end.offset), removed, marks);
      at = token.end.offset;
    }
  }
  return text + plainCharacters(source.slice(at), removed);
}

function cutHidden(source: string, removed: RemovalCount): string {
  const events = markdownEvents(source);
  const sketch = modelMarkdown(source, events, removed);
  const page = sketch.pieces.map((piece) => piece.html).join('');
  const seen = visibleRanges(page, removed);
  const edits: Edit[] = [...renderedParts(source, events, removed), ...sketch.edits];
  let at = 0;
  for (const piece of sketch.pieces) {
    edits.push(...unseenParts(piece, { seen, at, source, removed }));
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

interface Place {
  readonly seen: Uint8Array;
  readonly at: number;
  readonly source: string;
  readonly removed: RemovalCount;
}

function unseenParts(piece: Piece, place: Place): Edit[] {
  const { seen, at, source, removed } = place;
  if (piece.source === null) {
    return [];
  }
  if (piece.kind === 'leaf') {
    // Neither drawn nor in a hidden element: an attribute or a tag that was not closed has swallowed it.
    removed.add('attribute', seen[at] === 0 ? 1 : 0);
    return seen[at] === SEEN ? [] : [{ ...piece.source, by: '' }];
  }
  const edits: Edit[] = [];
  const { from, to } = piece.source;
  for (let start = from; start < to;) {
    let end = start;
    const isSeen = seen[at + start - from] === SEEN;
    while (end < to && (seen[at + end - from] === SEEN) === isSeen) {
      end += 1;
    }
    const cut = source.slice(start, end);
    // The line end of a tag that goes over several lines is kept, or a fence behind it would not begin a line.
    if (!isSeen && cut !== '\n') {
      edits.push({ from: start, to: end, by: breakOf(cut) });
      removed.add('comment', /^<!doctype/i.test(cut) ? 1 : 0);
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
  const value = decode(said);
  if (value === said) {
    return said;
  }
  const plain = plainCharacters(value, removed);
  if (plain.trim() === '') {
    return plain === '' ? '' : ' ';
  }
  return plain.length > 8 || MARKUP.test(plain) ? said : plain;
}

const decoded = new Map<string, string>();

function decode(reference: string): string {
  const known = decoded.get(reference);
  if (known !== undefined) {
    return known;
  }
  const [node] = parseFragment(reference).childNodes;
  const value = node !== undefined && 'value' in node ? node.value : reference;
  if (decoded.size < 5_000) {
    decoded.set(reference, value);
  }
  return value;
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
