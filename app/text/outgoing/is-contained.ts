import { markdownEvents } from '../visible/markdown-events.ts';
import {
  type Acting,
  type Allowed,
  findActing,
  isAllowedMention,
  isAllowedReference,
  isOwnPage,
  withoutEscapes,
} from './active-text.ts';
import { codeRanges, hasMath } from './disarm.ts';

/** What no text of an agent may become, wherever it stands. */
const FORBIDDEN = new Set([
  'link',
  'image',
  'definition',
  'autolink',
  'htmlText',
  'htmlFlow',
  'gfmFootnoteCall',
  'gfmFootnoteDefinition',
]);
/** Of the GFM extension, whose names the types of the parser do not list. */
const LINK_BY_ITSELF = 'literalAutolink';
const BEFORE = 'Before it.';
const AFTER = 'After it.';

/**
 * Whether a finished text does nothing but what is allowed, and leaves what stands before and after it as it is: read again
 * as a part of a page, with a paragraph of ours on either side.
 */
export function isContained(text: string, allowed: Allowed): boolean {
  const page = `${BEFORE}\n\n${text}\n\n${AFTER}`;
  const paragraphs: string[] = [];
  let depth = 0;
  for (const [kind, token] of markdownEvents(page)) {
    const said = page.slice(token.start.offset, token.end.offset);
    if (
      FORBIDDEN.has(token.type) ||
      ((token.type as string) === LINK_BY_ITSELF && !isOwnPage(said, allowed.serverUrl))
    ) {
      return false;
    }
    if (kind === 'enter') {
      if (depth === 0 && token.type === 'paragraph') {
        paragraphs.push(said);
      }
      depth += CONTAINERS.has(token.type) ? 1 : 0;
    } else {
      depth -= CONTAINERS.has(token.type) ? 1 : 0;
    }
  }
  return paragraphs[0] === BEFORE && paragraphs.at(-1) === AFTER && isHarmless(text, allowed);
}

const CONTAINERS = new Set(['blockQuote', 'listOrdered', 'listUnordered', 'gfmFootnoteDefinition']);

function isHarmless(text: string, allowed: Allowed): boolean {
  let mentions = 0;
  let at = 0;
  for (const [from, to] of [...codeRanges(text), [text.length, text.length] as const]) {
    const prose = withoutEscapes(text.slice(at, from));
    at = to;
    for (const acting of findActing(prose)) {
      mentions += acting.kind === 'mention' ? 1 : 0;
      if (!mayStay(acting, { ...allowed, hasMath: hasMath(text) }) || mentions > 1) {
        return false;
      }
    }
  }
  return true;
}

function mayStay({ kind, said }: Acting, allowed: Allowed & { hasMath: boolean }): boolean {
  switch (kind) {
    case 'escaped':
      return true;
    case 'mention':
      return isAllowedMention(said, allowed);
    case 'reference':
      return isAllowedReference(said, allowed);
    case 'address':
      return isOwnPage(said, allowed.serverUrl);
    case 'math':
      return !allowed.hasMath;
    case 'tick':
    case 'tag':
    case 'other':
      return false;
  }
}
