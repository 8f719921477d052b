import { tagNameAt } from './html-start.ts';
import type { TextBlock } from './split-blocks.ts';

/** Elements whose content is code, or nothing a reader sees. */
const OPAQUE_TAGS: readonly string[] = ['code', 'pre', 'script', 'style', 'template', 'textarea', 'kbd', 'samp', 'svg'];
const VOID_TAGS: readonly string[] = [
  'area',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'source',
  'wbr',
];
/** What is longer than this counts as never closed, so that no text makes the scan slow. */
const MAX_TAG_LENGTH = 1_024;

/** What continues beyond a block: an element that was not closed. */
export interface OpenElement {
  name: string | null;
}

/**
 * The lines of a block whose start lies in a code span, a comment, a tag, a link's destination or an opaque element.
 * One pass; `element` carries what stays open from block to block.
 */
export function hiddenLines(block: TextBlock, lines: readonly string[], element: OpenElement): Set<number> {
  const starts: number[] = [];
  let length = 0;
  for (const index of block.lines) {
    starts.push(length);
    length += (lines[index] ?? '').length + 1;
  }
  // Lower case for the names of tags; only ASCII, so that every character keeps its place.
  const text = block.lines
    .map((index) => lines[index] ?? '')
    .join('\n')
    .replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const hidden = new Set<number>();
  let next = 0;

  /** Hides the lines that begin behind `from` and before `to`. */
  function hide(from: number, to: number): void {
    while (next < starts.length && (starts[next] ?? 0) <= from) {
      next += 1;
    }
    while (next < starts.length && (starts[next] ?? 0) < to) {
      hidden.add(block.lines[next] ?? -1);
      next += 1;
    }
  }

  const closers = block.kind === 'markdown' ? pairBackticks(text) : new Map<number, number>();
  let at = 0;
  if (element.name !== null) {
    at = endOfElement(text, { from: 0, name: element.name });
    hide(-1, at);
    element.name = at > text.length ? element.name : null;
  }
  while (at < text.length) {
    const end = endOfOpaque(text, at, { closers, kind: block.kind, element });
    if (end > at + 1) {
      hide(at, end);
    }
    at = end;
  }
  return hidden;
}

interface Surroundings {
  readonly closers: ReadonlyMap<number, number>;
  readonly kind: TextBlock['kind'];
  readonly element: OpenElement;
}

/** Where the stretch that begins at `at` ends; the next character when nothing opaque begins there. */
function endOfOpaque(text: string, at: number, around: Surroundings): number {
  switch (text[at]) {
    case '\\':
      return around.kind === 'markdown' ? at + (text[at + 1] === '\n' ? 1 : 2) : at + 1;
    case '`':
      return around.closers.get(at) ?? at + runLength(text, at);
    case '<':
      return endOfMarkup(text, at, around);
    case ']':
      return text[at + 1] === '(' && around.kind === 'markdown' ? endOfDestination(text, at + 1) : at + 1;
    default:
      return at + 1;
  }
}

function endOfMarkup(text: string, at: number, around: Surroundings): number {
  if (text[at + 1] === '!' || text[at + 1] === '?') {
    const closing = text.startsWith('<!--', at) ? '-->' : '>';
    const end = text.indexOf(closing, at + 2);
    if (end === -1) {
      // Not closed in this block: to a browser it may continue to the end, so nothing behind it counts.
      return hideRest(text, around);
    }
    return end + closing.length;
  }
  const tag = tagNameAt(text, at);
  if (tag === null) {
    return at + 1;
  }
  const end = endOfTag(text, tag.end);
  if (end === null) {
    return at + 1;
  }
  if (end > text.length) {
    return hideRest(text, around);
  }
  const attributes = text.slice(tag.end, end);
  const isOpaque = OPAQUE_TAGS.includes(tag.name) || attributes.includes('hidden') || attributes.includes('style');
  if (!isOpaque || tag.isClosing || VOID_TAGS.includes(tag.name)) {
    return end;
  }
  const elementEnd = endOfElement(text, { from: end, name: tag.name });
  if (elementEnd > text.length) {
    around.element.name = tag.name;
  }
  return elementEnd;
}

function hideRest(text: string, around: Surroundings): number {
  if (around.kind === 'html') {
    around.element.name = 'never closed';
  }
  return text.length + 1;
}

/** Behind the closing tag; beyond the text when there is none. */
function endOfElement(text: string, element: { from: number; name: string }): number {
  const end = text.indexOf(`</${element.name}`, element.from);
  return end === -1 ? text.length + 1 : end + element.name.length + 2;
}

/** Behind the `>` of a tag; beyond the text when it continues; null when it cannot be a tag. */
function endOfTag(text: string, from: number): number | null {
  let quote = '';
  for (let at = from; at < text.length && at - from < MAX_TAG_LENGTH; at += 1) {
    const char = text[at] as string;
    if (quote !== '') {
      quote = char === quote ? '' : quote;
    } else if (char === '>') {
      return at + 1;
    } else if (char === '<') {
      return null;
    } else if ((char === '"' || char === "'") && text[at - 1] === '=') {
      quote = char;
    }
  }
  return quote === '' && text.length - from < MAX_TAG_LENGTH ? null : text.length + 1;
}

/** Behind the `)` of a link, a title in quotation marks included; one character on when the text does not close it. */
function endOfDestination(text: string, at: number): number {
  let quote = '';
  const last = Math.min(text.length, at + MAX_TAG_LENGTH);
  for (let index = at + 1; index < last; index += 1) {
    const char = text[index] as string;
    if (quote !== '') {
      quote = char === quote ? '' : quote;
    } else if (char === ')') {
      return index + 1;
    } else if ((char === '"' || char === "'") && isSpace(text[index - 1])) {
      quote = char;
    } else if (char === '\n' && isSpace(text[index + 1])) {
      return at;
    }
  }
  return last < text.length ? text.length + 1 : at;
}

/** Start of each code span → behind its end. Runs of equal length pair up, in one pass from each side. */
function pairBackticks(text: string): Map<number, number> {
  const runs: { at: number; length: number }[] = [];
  for (let at = text.indexOf('`'); at !== -1; at = text.indexOf('`', at)) {
    const length = runLength(text, at);
    runs.push({ at, length });
    at += length;
  }
  const closers = new Map<number, number>();
  const nextOfLength = new Map<number, number>();
  for (const run of runs.toReversed()) {
    const closing = nextOfLength.get(run.length);
    if (closing !== undefined) {
      closers.set(run.at, closing + run.length);
    }
    nextOfLength.set(run.length, run.at);
  }
  return closers;
}

function runLength(text: string, at: number): number {
  let end = at;
  while (text[end] === '`') {
    end += 1;
  }
  return end - at;
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === '\t';
}
