import { markdownEvents, type MarkdownEvent } from '../../text/visible/markdown-events.ts';

interface Heading {
  readonly text: string;
  readonly start: number;
  /** Where its line ends. */
  readonly end: number;
}

type Range = readonly [from: number, to: number];

/** A closing keyword left open for the author: `Fixes #`, `Closes #(issue)`, `Resolves #[number]`, `Fixes #XXX`. */
const OPEN_REFERENCE =
  /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?[ \t]+#(?![0-9])[ \t]*(?:\([^()\n]{0,40}\)|<[^<>\n]{0,40}>|\[[^[\]\n]{0,40}\]|\{[^{}\n]{0,40}\}|(?:issue|xxx+|nnn+|_{2,})\b)?/gi;

/** Headings that ask what a change does, the plainest first. */
const ASKS_WHAT: readonly RegExp[] = [
  /\bwhat\b.{0,12}\b(?:this|these|the|your|my)\b.{0,4}\b(?:pr|mr|pull request|merge request|patch|change|changes|commit)\b|\bproposed changes?\b|\bwhat(?:'s| is| was| has| have)?(?: been)? chang/i,
  /\b(?:description|summary|overview|abstract|describe)\b|^(?:beschreibung|zusammenfassung|descripci[oó]n|resumen|descri[cç][aã]o|resumo|description|résumé|descrizione|описание)\b|概要|説明|変更内容|描述|说明|설명|변경/i,
  /\b(?:changes|purpose|about|what|introduction|details)\b/i,
];
/** Headings about something else, whatever other words they have. */
const ASKS_ELSE =
  /\b(?:break\w*|types?|kinds?|check ?lists?|todos?|related|linked|issues?|tickets?|release|changelog|screenshots?|tests?|tested|testing|verif\w*|reviewers?|how|who|where|dependenc\w*|deploy\w*|environments?|additional|notes?|licen[sc]e\w*|migrat\w*|risks?|security|performance|before submitting|guidelines?|labels?|categor\w*|versions?)\b/i;

/**
 * Fills in a template as a reader sees it: comments and code count for nothing. The summary goes under the heading that
 * asks for it, or on top when none does, and the reference where it was left open. Everything else stays as it is,
 * boxes unticked: those promises are a person's to make.
 */
export function fillTemplate(template: string, fill: { summary: string; reference: string }): string {
  const text = template.replaceAll('\r\n', '\n').trimEnd();
  const seen = readTemplate(text);
  const open = [...text.matchAll(OPEN_REFERENCE)].find((match) => isVisible(match.index, seen.hidden));
  const closing = open === undefined ? `\n\n${fill.reference}` : '';
  const heading = findSummaryHeading(seen.headings);
  const at = heading?.end ?? 0;
  const summary = `${fill.summary}${closing}`;
  const edits: { from: number; to: number; text: string }[] = [
    { from: at, to: at, text: heading === null ? `${summary}\n\n` : `\n\n${summary}` },
    ...(open === undefined
      ? []
      : [{ from: open.index, to: open.index + open[0].trimEnd().length, text: fill.reference }]),
  ];
  let filled = text;
  for (const edit of edits.toSorted((one, other) => other.from - one.from)) {
    filled = `${filled.slice(0, edit.from)}${edit.text}${spaceBefore(filled.slice(edit.to), edit)}`;
  }
  return filled.trimEnd();
}

/** What follows an inserted block stands apart from it. */
function spaceBefore(rest: string, edit: { from: number; to: number }): string {
  return edit.from === edit.to && edit.from > 0 ? `\n\n${rest.replace(/^\n+/, '')}` : rest;
}

function findSummaryHeading(headings: readonly Heading[]): Heading | null {
  const named = headings.map((heading) => ({ ...heading, text: plainHeading(heading.text) }));
  for (const [tier, asks] of ASKS_WHAT.entries()) {
    // "What this PR does, and how it was tested" asks for the summary all the same.
    const found = named.find(
      ({ text }) => asks.test(text) && (tier === 0 ? !/^\W*break/i.test(text) : !ASKS_ELSE.test(text)),
    );
    if (found !== undefined) {
      return found;
    }
  }
  return null;
}

function plainHeading(text: string): string {
  return text
    .replaceAll(/<!--.*?-->/g, '')
    .replaceAll(/[*_`#:?]+/g, ' ')
    .replaceAll('’', "'")
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function readTemplate(text: string): { headings: readonly Heading[]; hidden: readonly Range[] } {
  let events: MarkdownEvent[];
  try {
    events = markdownEvents(text);
  } catch {
    // A text that no parser reads in reasonable time: the summary goes on top of it.
    return { headings: [], hidden: [[0, text.length]] };
  }
  const tokens = events.filter(([kind]) => kind === 'enter').map(([, token]) => token);
  const range = (token: MarkdownEvent[1]): Range => [token.start.offset, token.end.offset];
  const source = (token: MarkdownEvent[1]): string => text.slice(...range(token));
  const hidden = tokens
    .filter(({ type }) => ['codeFenced', 'codeIndented', 'codeText', 'definition'].includes(type))
    .map(range);
  for (const token of tokens.filter(({ type }) => type === 'htmlFlow' || type === 'htmlText')) {
    hidden.push(...commentsIn(source(token), token.start.offset));
  }
  const headings = tokens.flatMap((token): Heading[] => {
    const whole = source(token);
    const isBold = token.type === 'paragraph' && /^(?:\*\*|__)[^*_\n]+(?:\*\*|__):?\s*$/.test(whole);
    if (token.type !== 'atxHeading' && token.type !== 'setextHeading' && !isBold) {
      return [];
    }
    return [{ text: whole, start: token.start.offset, end: token.end.offset }];
  });
  return { headings, hidden };
}

/** One that is never closed hides all that follows. */
function commentsIn(html: string, offset: number): Range[] {
  const ranges: Range[] = [];
  for (let from = html.indexOf('<!--'); from !== -1;) {
    const end = html.indexOf('-->', from + 4);
    const to = end === -1 ? html.length : end + 3;
    ranges.push([offset + from, offset + to]);
    from = html.indexOf('<!--', to);
  }
  return ranges;
}

function isVisible(at: number, hidden: readonly Range[]): boolean {
  return hidden.every(([from, to]) => at < from || at >= to);
}
