import { parse, postprocess, preprocess } from 'micromark';
import { gfm } from 'micromark-extension-gfm';

import { ComplexMarkup } from './complex-markup.ts';

export type MarkdownEvent = ReturnType<typeof postprocess>[number];
export type MarkdownToken = MarkdownEvent[1];

type ParseOptions = NonNullable<Parameters<typeof parse>[0]>;
type Extension = NonNullable<ParseOptions['extensions']>[number];

const MAX_DEPTH = 60;
/** At a closing bracket the parser looks back for the opening one; in sum it may look at so many events. */
const MAX_LOOKS = 20_000_000;
const OPENING_BRACKET = 91;
const CLOSING_BRACKET = 93;

/**
 * What GitHub's flavor of Markdown sees in a text, in order. Offsets count UTF-16 units of the text. Throws ComplexMarkup
 * for texts that would take the parser minutes.
 */
export function markdownEvents(text: string): MarkdownEvent[] {
  if (isDeep(text)) {
    throw new ComplexMarkup('containers nested deeper than anyone writes');
  }
  return postprocess(
    parse({ extensions: [gfm(), bracketMeter()] })
      .document()
      .write(preprocess()(text, undefined, true)),
  );
}

/** Takes nothing and only counts what the constructs after it will cost. */
function bracketMeter(): Extension {
  let looks = 0;
  const opened = new WeakMap<object, number[]>();
  return {
    text: {
      [OPENING_BRACKET]: {
        name: 'openingBracketMeter',
        tokenize(_effects, _ok, nok) {
          const places = opened.get(this) ?? [];
          places.push(this.events.length);
          opened.set(this, places);
          return nok;
        },
      },
      [CLOSING_BRACKET]: {
        name: 'closingBracketMeter',
        tokenize(_effects, _ok, nok) {
          looks += this.events.length - (opened.get(this)?.pop() ?? 0);
          if (looks > MAX_LOOKS) {
            throw new ComplexMarkup('more brackets than a text can need');
          }
          return nok;
        },
      },
    },
  };
}

/** Whether a line opens more quotes and lists inside each other than a person would. */
function isDeep(text: string): boolean {
  return text.split('\n').some((line) => {
    const marker = /[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$))/y;
    let depth = 0;
    while (marker.test(line)) {
      depth += 1;
    }
    return depth > MAX_DEPTH;
  });
}
