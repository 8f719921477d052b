import { parse, postprocess, preprocess } from 'micromark';
import { gfm } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { ComplexMarkup } from '../../app/text/visible/complex-markup.ts';
import { MARKUP_LIMITS, markdownEvents, type MarkdownEvent } from '../../app/text/visible/markdown-events.ts';
import { pick, seeded } from '../trust/suite.ts';

const PIECES = [
  '*',
  '_',
  '~',
  '`',
  '``',
  '[',
  ']',
  '(',
  ')',
  '<',
  '>',
  '!',
  '&amp;',
  '\\',
  '|',
  '-',
  '#',
  '=',
  '1. ',
  ':',
  '@',
  '"',
  ' ',
  '\n',
  '\n\n',
  'a',
  'b',
  '/',
  '.',
  'http://x.y',
  'www.a.b',
  '^',
  '<b>',
  '</b>',
  '<!-- x -->',
  '<!',
  '<?',
  '[^a]: ',
  '[a]: b\n',
  '|-|\n',
  '> ',
  '- ',
  '```\n',
  '![',
  '](',
  '    ',
];

function shapeOf(events: readonly MarkdownEvent[]): string {
  return events.map(([kind, { end, start, type }]) => `${kind} ${type} ${start.offset}-${end.offset}`).join('\n');
}

test('counting changes nothing of what the parser sees', { timeout: 60_000 }, () => {
  const random = seeded(9);
  for (let index = 0; index < 4_000; index += 1) {
    const text = Array.from({ length: 1 + Math.floor(random() * 14) }, () => pick(random, PIECES)).join('');
    const plain = postprocess(
      parse({ extensions: [gfm()] })
        .document()
        .write(preprocess()(text, undefined, true)),
    );
    expect({ text, events: shapeOf(markdownEvents(text)) }).toEqual({ text, events: shapeOf(plain) });
  }
});

describe('a text with too much of one kind is refused', () => {
  const { declarations, definitions, depth, emphasis, lines, marks, tags } = MARKUP_LIMITS;
  test.each([
    ['lines', 'a\n', lines],
    ['tags', '<b>', tags],
    ['quotes in each other', '>', depth],
    ['emphasis', '*a ', emphasis],
    ['definitions', '[a]: b\n', definitions],
    ['declarations', 'a <!b ', declarations],
    ['characters that may be markup', '\\a', marks],
  ])('%s', (_name, piece, most) => {
    expect(() => markdownEvents(piece.repeat(most + 1))).toThrow(ComplexMarkup);
    expect(markdownEvents(piece.repeat(Math.floor(most / 2))).length).toBeGreaterThan(0);
  });

  test('addresses without a blank between them', () => {
    expect(() => markdownEvents('www._'.repeat(13_000))).toThrow(ComplexMarkup);
    expect(markdownEvents('see www.example.com/a_b '.repeat(2_000)).length).toBeGreaterThan(0);
  });
});
