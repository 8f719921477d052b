import { fenceCode } from '../fence.ts';
import type { Edit } from '../visible/html-model.ts';
import { markdownEvents, type MarkdownEvent } from '../visible/markdown-events.ts';

/** Code that GitHub does not show as code, but draws. */
const DRAWN = new Set(['math', 'mermaid', 'geojson', 'topojson', 'stl', 'suggestion']);
const CONTAINERS = new Set(['blockQuote', 'listOrdered', 'listUnordered', 'gfmFootnoteDefinition']);

/**
 * The same Markdown with code blocks that mean the same wherever the text is put: fences of backticks that are longer than
 * any run inside and are closed, a language and nothing else behind them, no code by indentation, no tabs that count
 * differently inside a quote.
 */
export function plainCode(markdown: string): string {
  const spaced = expandTabs(markdown);
  let result = '';
  let at = 0;
  for (const { by, from, to } of codeEdits(spaced)) {
    result += spaced.slice(at, from) + by;
    at = to;
  }
  return result + spaced.slice(at);
}

/** In order and apart from each other. */
function codeEdits(text: string): Edit[] {
  const edits: Edit[] = [];
  let depth = 0;
  let block: MarkdownEvent[] = [];
  for (const event of markdownEvents(text)) {
    const [kind, token] = event;
    if (CONTAINERS.has(token.type)) {
      depth += kind === 'enter' ? 1 : -1;
    } else if (token.type === 'codeFenced' && kind === 'enter') {
      block = [];
    } else if (token.type === 'codeFenced') {
      const range = { from: token.start.offset, to: token.end.offset };
      edits.push(...fenceEdits(text, { block, range, isOutermost: depth === 0 }));
    } else if (token.type === 'codeIndented' && kind === 'enter' && depth === 0) {
      const from = text.lastIndexOf('\n', token.start.offset - 1) + 1;
      const lines = text.slice(from, token.end.offset).replaceAll(/^ {1,4}/gm, '');
      edits.push({ from, to: token.end.offset, by: fenceCode(lines) });
    } else if (kind === 'enter') {
      block.push(event);
    }
  }
  return edits;
}

function fenceEdits(
  text: string,
  about: { block: readonly MarkdownEvent[]; range: { from: number; to: number }; isOutermost: boolean },
): Edit[] {
  const { block, range } = about;
  const inside = block.filter(([, { type }]) => type === 'codeFlowValue');
  const longest = Math.max(
    2,
    ...inside.map(([, token]) => longestTicks(text.slice(token.start.offset, token.end.offset))),
  );
  const marks = '`'.repeat(longest + 1);
  const edits: Edit[] = [];
  let fences = 0;
  for (const [, token] of block) {
    const place = { from: token.start.offset, to: token.end.offset };
    if (token.type === 'codeFencedFenceSequence') {
      fences += 1;
      edits.push({ ...place, by: marks });
    } else if (token.type === 'codeFencedFenceInfo') {
      edits.push({ ...place, by: languageOf(text.slice(place.from, place.to)) });
    } else if (token.type === 'codeFencedFenceMeta') {
      edits.push({ ...place, by: '' });
    }
  }
  return fences === 1 && about.isOutermost ? [...edits, { from: range.to, to: range.to, by: `\n${marks}` }] : edits;
}

function languageOf(info: string): string {
  return /^[a-z\d][\w+#.-]{0,30}$/i.test(info) && !DRAWN.has(info.toLowerCase()) ? info : '';
}

function longestTicks(line: string): number {
  return Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
}

function expandTabs(text: string): string {
  return text.includes('\t') ? text.split('\n').map(expandLine).join('\n') : text;
}

function expandLine(line: string): string {
  let expanded = '';
  for (const [index, part] of line.split('\t').entries()) {
    expanded += (index === 0 ? '' : ' '.repeat(4 - (expanded.length % 4))) + part;
  }
  return expanded;
}
