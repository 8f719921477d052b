import { htmlBlockOf } from './html-start.ts';
import { fenceOf, indentOf, isHeading, isRule, isTableRule, isUnderline, listMarkerOf } from './line-shape.ts';

/** Consecutive lines whose inline markup belongs together. */
export interface TextBlock {
  /** In HTML blocks backticks mean nothing. */
  readonly kind: 'markdown' | 'html';
  /** Indexes of the lines, ascending. */
  readonly lines: number[];
  /** Lines of the block that a command may begin on: at the margin, and outside quotes. */
  readonly candidates: Set<number>;
  /** It begins like a link or footnote definition, which a reader may not see. */
  readonly isDefinition: boolean;
}

export interface SplitText {
  readonly blocks: readonly TextBlock[];
  /** Lines in quotes, those included that continue with a quoted paragraph without `>`. */
  readonly quotes: ReadonlySet<number>;
  /** Lines of fenced code, fences included. */
  readonly code: ReadonlySet<number>;
}

interface State {
  readonly blocks: TextBlock[];
  readonly quotes: Set<number>;
  readonly code: Set<number>;
  /** The paragraph or HTML block that the next line may continue with. */
  open: TextBlock | null;
  /** Whether the open paragraph stands in a quote, so that a line without `>` still belongs to it. */
  inQuote: boolean;
  fence: { char: string; length: number; offset: number } | null;
  /** Text that ends the open HTML block, and where its container begins. */
  raw: { until: string; offset: number } | null;
  /** Where the content of each open list item begins. */
  offsets: number[];
  hadList: boolean;
}

/**
 * Splits Markdown into blocks of text, leaving out code, quotes and comments. Follows CommonMark in what it leaves out;
 * where the rules are subtle it rather leaves out more.
 */
export function splitBlocks(lines: readonly string[]): SplitText {
  const state: State = {
    blocks: [],
    quotes: new Set(),
    code: new Set(),
    open: null,
    inQuote: false,
    fence: null,
    raw: null,
    offsets: [],
    hadList: false,
  };
  for (const [index, line] of lines.entries()) {
    takeLine(state, line, index);
  }
  return state;
}

function takeLine(state: State, line: string, index: number): void {
  const indent = indentOf(line);
  const isFenced = state.fence !== null;
  if (continuesOpaque(state, line, indent)) {
    if (isFenced) {
      state.code.add(index);
    }
    return;
  }
  if (indent === -1) {
    close(state);
    return;
  }
  const text = line.trimStart();
  if (state.open?.kind === 'html') {
    state.open.lines.push(index);
    addCandidate(state, state.open, { index, indent });
    return;
  }
  const depth = state.offsets.filter((offset) => offset <= indent).length;
  const margin = state.offsets[depth - 1] ?? 0;
  const isText = indent - margin >= 4 || !beginsBlock(text, { inParagraph: state.open !== null });
  if (state.open !== null && isText) {
    goOn(state, { text, index, indent });
    return;
  }
  state.offsets.length = depth;
  if (indent - margin >= 4) {
    close(state);
    return;
  }
  beginBlock(state, { text, index, indent });
}

/** Inside a fence or a raw HTML block; also ends them. */
function continuesOpaque(state: State, line: string, indent: number): boolean {
  const { fence, raw } = state;
  if (fence !== null) {
    if (indent === -1) {
      return true;
    }
    if (indent < fence.offset) {
      state.fence = null;
      return false;
    }
    const closing = indent - fence.offset < 4 ? fenceOf(line.trimStart()) : null;
    if (
      closing !== null &&
      closing.char === fence.char &&
      closing.length >= fence.length &&
      closing.info.trim() === ''
    ) {
      state.fence = null;
    }
    return true;
  }
  if (raw === null) {
    return false;
  }
  if (indent !== -1 && indent < raw.offset) {
    state.raw = null;
    return false;
  }
  if (line.toLowerCase().includes(raw.until)) {
    state.raw = null;
  }
  return true;
}

function beginsBlock(text: string, { inParagraph }: { inParagraph: boolean }): boolean {
  if (text[0] === '>' || isHeading(text) || isRule(text) || fenceOf(text) !== null) {
    return true;
  }
  if (inParagraph && isUnderline(text)) {
    return true;
  }
  const marker = listMarkerOf(text);
  if (marker !== null && (!inParagraph || marker.mayInterrupt)) {
    return true;
  }
  return htmlBlockOf(text, { inParagraph }) !== null;
}

function goOn(state: State, line: { text: string; index: number; indent: number }): void {
  const { open } = state;
  if (open === null) {
    return;
  }
  if (state.inQuote) {
    state.quotes.add(line.index);
  }
  if (open.lines.length === 1 && isTableRule(line.text)) {
    // The rows of a table do not share inline markup; each is a block of its own.
    state.open = { kind: 'markdown', lines: [], candidates: new Set(), isDefinition: false };
    return;
  }
  if (open.lines.length === 0) {
    const row: TextBlock = { kind: 'markdown', lines: [line.index], candidates: new Set(), isDefinition: false };
    addCandidate(state, row, line);
    state.blocks.push(row);
    return;
  }
  open.lines.push(line.index);
  addCandidate(state, open, line);
}

function beginBlock(state: State, line: { text: string; index: number; indent: number }): void {
  close(state);
  let { text, indent } = line;
  for (let marker = listMarkerOf(text); marker !== null && !isRule(text); marker = listMarkerOf(text)) {
    state.hadList = true;
    const after = indentOf(text, { index: marker.width, column: indent + marker.width });
    const gap = after - indent - marker.width;
    const offset = after === -1 || gap > 4 ? indent + marker.width + 1 : after;
    state.offsets.push(offset);
    if (after === -1 || gap > 4) {
      return;
    }
    text = text.slice(marker.width).trimStart();
    indent = after;
  }
  if (text[0] === '>') {
    beginQuote(state, text, line.index);
    return;
  }
  const offset = state.offsets.at(-1) ?? 0;
  const fence = fenceOf(text);
  if (fence !== null) {
    state.fence = { char: fence.char, length: fence.length, offset };
    state.code.add(line.index);
    return;
  }
  const html = htmlBlockOf(text, { inParagraph: false });
  if (html !== null && html.until !== null) {
    // A raw block may end on its own first line, the opening left aside.
    const rest = text.slice(html.until === '-->' ? 2 : 1).toLowerCase();
    state.raw = rest.includes(html.until) ? null : { until: html.until, offset };
    return;
  }
  if (isRule(text)) {
    return;
  }
  const isHead = isHeading(text);
  const block: TextBlock = {
    kind: html === null ? 'markdown' : 'html',
    lines: [line.index],
    candidates: new Set(),
    isDefinition: text[0] === '[' && text.includes(']:'),
  };
  addCandidate(state, block, { index: line.index, indent: text === line.text ? indent : -1 });
  state.blocks.push(block);
  state.open = isHead ? null : block;
}

/**
 * The text of a quote never orders anything; the lines are kept only because a paragraph in it may continue without
 * `>`.
 */
function beginQuote(state: State, text: string, index: number): void {
  const isBlank = text.slice(1).replaceAll('>', '').trim() === '';
  state.quotes.add(index);
  state.inQuote = true;
  state.open = isBlank ? null : { kind: 'markdown', lines: [index], candidates: new Set(), isDefinition: false };
}

function addCandidate(state: State, block: TextBlock, line: { index: number; indent: number }): void {
  const mostIndent = state.hadList ? 0 : 3;
  if (!state.inQuote && line.indent >= 0 && line.indent <= mostIndent) {
    block.candidates.add(line.index);
  }
}

function close(state: State): void {
  state.open = null;
  state.inQuote = false;
}
