import { parse, postprocess, preprocess } from 'micromark';
import { gfm } from 'micromark-extension-gfm';

import { ComplexMarkup } from './complex-markup.ts';

export type MarkdownEvent = ReturnType<typeof postprocess>[number];
export type MarkdownToken = MarkdownEvent[1];

type ParseOptions = NonNullable<Parameters<typeof parse>[0]>;
type Extension = NonNullable<ParseOptions['extensions']>[number];

/**
 * More of anything than a person writes into one text. The time a parser takes grows with the number of tokens, and for
 * some kinds with its square, so each kind that an attacker can repeat has a bound.
 */
export const MARKUP_LIMITS = {
  /** Quotes and lists inside each other. */
  depth: 60,
  lines: 8_000,
  /** Tags, comments and everything that looks like one, code included. */
  tags: 8_000,
  /** Characters that may begin or end markup, outside of code. */
  marks: 8_000,
  /** Runs of `*`, `_` and `~` in one paragraph, which are compared with each other. */
  emphasis: 800,
  definitions: 1_000,
  /** `<!` and `<?` outside of blocks, of which each is read up to the end of its paragraph when nothing closes it. */
  declarations: 150,
  /** An address without a scheme is read to its end wherever one may begin; in sum so many characters are read. */
  addresses: 2_000_000,
  /** At a closing bracket the parser looks back for the opening one; in sum it may look at so many events. */
  looks: 2_000_000,
} as const;

/**
 * What GitHub's flavor of Markdown sees in a text, in order. Offsets count UTF-16 units of the text. Throws ComplexMarkup
 * for texts that would take the parser long.
 */
export function markdownEvents(text: string): MarkdownEvent[] {
  if (isDeep(text)) {
    throw new ComplexMarkup('containers nested deeper than anyone writes');
  }
  if (countOf(text, '\n') > MARKUP_LIMITS.lines || countOf(text, '<') > MARKUP_LIMITS.tags) {
    throw new ComplexMarkup('more lines or tags than anyone writes');
  }
  if (addressCost(text) > MARKUP_LIMITS.addresses) {
    throw new ComplexMarkup('more addresses without a blank between them than anyone writes');
  }
  return postprocess(
    parse({ extensions: [gfm(), markupMeter()] })
      .document()
      .write(preprocess()(text, undefined, true)),
  );
}

const OPENING_BRACKET = code('[');
const CLOSING_BRACKET = code(']');
const ANGLE = code('<');
const EXCLAMATION = code('!');
const QUESTION = code('?');
/** Of these the parser compares each with those before it in the same paragraph. */
const EMPHASIS = ['*', '_', '~'].map(code);
const MARKS = ['!', '&', '\\'].map(code);
const GRAVE = code('`');

function code(character: string): number {
  return character.charCodeAt(0);
}

/** Takes nothing and only counts what the constructs after it will cost. */
function markupMeter(): Extension {
  const opened = new WeakMap<object, number[]>();
  const runs = new WeakMap<object, number>();
  let looks = 0;
  let marks = 0;
  let definitions = 0;

  function charge(isTooMuch: boolean): void {
    marks += 1;
    if (isTooMuch || marks > MARKUP_LIMITS.marks) {
      throw new ComplexMarkup('more markup than a text can need');
    }
  }

  const meter = (name: string, count: (paragraph: object, events: number) => boolean): Construct => ({
    name,
    tokenize(_effects, _ok, nok) {
      charge(count(this, this.events.length));
      return nok;
    },
  });

  let declarations = 0;
  const declaration: Construct = {
    name: 'declarationMeter',
    tokenize(effects, _ok, nok) {
      charge(false);
      return (first) => {
        effects.enter('data');
        effects.consume(first);
        return (second) => {
          effects.exit('data');
          if (second === EXCLAMATION || second === QUESTION) {
            declarations += 1;
            charge(declarations > MARKUP_LIMITS.declarations);
          }
          return nok(second);
        };
      };
    },
  };
  const mark = meter('markMeter', () => false);
  // As the construct for code itself: one that is asked elsewhere, too, would let code begin in the middle of a run.
  const grave: Construct = {
    ...mark,
    name: 'graveMeter',
    previous(before) {
      return before !== GRAVE || this.events.at(-1)?.[1].type === 'characterEscape';
    },
  };
  const emphasis = meter('emphasisMeter', (paragraph) => {
    const count = (runs.get(paragraph) ?? 0) + 1;
    runs.set(paragraph, count);
    return count > MARKUP_LIMITS.emphasis;
  });
  const opening = meter('openingBracketMeter', (paragraph, events) => {
    const places = opened.get(paragraph) ?? [];
    places.push(events);
    opened.set(paragraph, places);
    return false;
  });
  const closing = meter('closingBracketMeter', (paragraph, events) => {
    looks += events - (opened.get(paragraph)?.pop() ?? 0);
    return looks > MARKUP_LIMITS.looks;
  });
  const definition = meter('definitionMeter', () => {
    definitions += 1;
    return definitions > MARKUP_LIMITS.definitions;
  });
  return {
    contentInitial: { [OPENING_BRACKET]: definition },
    text: {
      ...Object.fromEntries(MARKS.map((each) => [each, mark])),
      ...Object.fromEntries(EMPHASIS.map((each) => [each, emphasis])),
      [ANGLE]: declaration,
      [GRAVE]: grave,
      [OPENING_BRACKET]: opening,
      [CLOSING_BRACKET]: closing,
    },
  };
}

type Construct = Extract<NonNullable<NonNullable<Extension['text']>[number]>, { tokenize: unknown }>;

/** Whether a line opens more quotes and lists inside each other than a person would. */
function isDeep(text: string): boolean {
  return text.split('\n').some((line) => {
    const marker = /[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$))/y;
    let depth = 0;
    while (marker.test(line)) {
      depth += 1;
    }
    return depth > MARKUP_LIMITS.depth;
  });
}

/** How many characters are read to recognize addresses: each run without blanks as often as one may begin in it. */
function addressCost(text: string): number {
  let cost = 0;
  for (const [run] of text.matchAll(/\S{200,}/g)) {
    cost += run.length * (run.match(/www\.|https?:\/\/|@/gi)?.length ?? 0);
  }
  return cost;
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) {
    count += 1;
  }
  return count;
}
