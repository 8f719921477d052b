import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { visibleLine, visibleText } from '../../app/text/visible-text.ts';
import { HIDDEN, HIDING_MARKDOWN, INKLESS } from './hidden-channels.ts';

describe('what a reader does not see does not come through', () => {
  test.each(HIDING_MARKDOWN)('%s', (_name, markdown) => {
    const { text, removed } = visibleText(markdown);
    expect(text).toContain('Seen');
    expect(text.toLowerCase()).not.toContain(HIDDEN);
    expect(removed).not.toEqual([]);
  });
});

describe('characters without ink go, and words they split come together', () => {
  test.each(INKLESS)('%s', (_name, character) => {
    const { text, removed } = visibleText(`ig${character}nore`);
    expect(text).toBe('ignore');
    expect(removed.length + (character.startsWith('<b') ? 1 : 0)).toBeGreaterThan(0);
  });
});

describe('what a reader sees stays', () => {
  test.each([
    ['plain text', 'Hello, world.'],
    ['emphasis', 'Some *emphasis*, **strong** and ~~gone~~ words, snake_case_name and 2 * 3 * 4.'],
    ['headings and rules', '# Title\n\nText\n===\n\n---\n\n## More'],
    ['lists', '- one\n- two\n  - three\n\n1. first\n2. second\n\n- [ ] open\n- [x] done'],
    ['quotes', '> They said\n> so.\n\n> > twice'],
    ['a table', '| a | b |\n|---|:-:|\n| c | `d` |'],
    ['code', 'Use `a <!-- b -->` and\n\n```ts\nconst a = 1; // <div hidden>\n\n\n\n[x]: y "z"\n```'],
    ['code in a list', '- a\n\n  ```\n  <b hidden>x</b>\n  ```'],
    ['indented code', 'Text:\n\n    <!-- kept -->\n    ![kept](x)'],
    ['addresses', 'See https://example.com/a?b=c and www.example.com or <https://example.com/d>.'],
    ['names and numbers', '@octocat fixed #12 in octo/repo#3.'],
    ['escaped markup', 'A \\<div hidden\\> and \\[a\\](b) and \\*'],
    ['references to markup', 'A &lt;b&gt; and &amp;amp; and &#42;'],
    ['brackets that are no link', 'array[0] and [x] and f(x)[1](2'],
    ['an angle that is no tag', 'a < b and b > c, 1<2, <3'],
    ['a comment that never begins', 'a <! b -- c'],
    ['other scripts', 'Привет, 世界, שלום, สวัสดี'],
    ['emoji', 'Done 🎉🚀'],
    ['tags that GitHub shows as text', 'The <title> and <script> tags'],
    ['a hard break', 'one  \ntwo\\\nthree'],
  ])('%s', (_name, markdown) => {
    expect(visibleText(markdown)).toEqual({ text: markdown, removed: [] });
  });

  test.each([
    ['words around tags', 'H<sub>2</sub>O is <b>wet</b>', 'H2O is wet'],
    ['lines parted by tags', '<p>one</p><p>two</p>a<br>b', 'one\ntwo\na\nb'],
    ['cells of an HTML table', '<table><tr><td>a</td><td>b</td></tr></table>', 'a b'],
    ['open details', '<details open><summary>Log</summary>\n\nlines\n\n</details>', 'Log\n\nlines'],
    ['what follows a hidden element', '<div hidden>x</div>\n\nSeen', 'Seen'],
    ['what follows a wrongly nested one', '<b hidden>x</b><i>Seen</i>', 'Seen'],
    ['a link’s words', 'See [the **docs**](a "b") now', 'See the **docs** now'],
    ['a called footnote', 'Seen[^1]\n\n[^1]: note', 'Seen\n\n note'],
    ['harmless styles', '<p align="center" style="text-align:center">Seen</p>', 'Seen'],
    ['letters written as references', '&#73;gnore&nbsp;&copy;&commat;', 'Ignore ©@'],
    ['accents in one form', 'cafe\u0301', 'café'],
    ['Windows lines', 'a\r\nb', 'a\nb'],
    ['wide blanks', 'a\u00a0b\u2003c', 'a b c'],
    ['emoji with their selectors', '❤\ufe0f 👩\u200d💻', '❤\ufe0f 👩\u200d💻'],
    ['text of SVG', '<svg><text>Seen</text></svg>', 'Seen'],
    ['many blank lines', 'a\n\n\n\n\n\nb', 'a\n\n\nb'],
  ])('%s', (_name, markdown, text) => {
    expect(visibleText(markdown).text).toBe(text);
  });
});

test('what was removed is counted by kind', () => {
  expect(visibleText('a <!-- b --> ![c](d) [e](f) \u200b\n\n<details><summary>g</summary>h</details>').removed).toEqual(
    [
      { kind: 'comment', count: 1 },
      { kind: 'folded', count: 1 },
      { kind: 'image', count: 1 },
      { kind: 'invisible_character', count: 1 },
      { kind: 'link_target', count: 1 },
    ],
  );
});

test('a title is no Markdown: only invisible characters go', () => {
  expect(visibleLine(' Fix <div>\u200b in *a*\n')).toEqual({
    text: 'Fix <div> in *a*',
    removed: [{ kind: 'invisible_character', count: 1 }],
  });
});

const PIECES = [
  'a',
  'word',
  ' ',
  '  ',
  '    ',
  '\n',
  '\n',
  '\n\n',
  '\n\n',
  '\t',
  '*',
  '**',
  '_',
  '`',
  '``',
  '```',
  '~~~',
  '> ',
  '- ',
  '1. ',
  '# ',
  '---',
  '===',
  '\\',

  '<!--',
  '-->',
  '--!>',
  '<b>',
  '</b>',
  '<b hidden>',
  '<div>',
  '<div hidden>',
  '</div>',
  '<p>',
  '</p>',
  '<table>',
  '<tr>',
  '<td>',
  '</table>',
  '<pre>',

  '</pre>',
  '<template>',
  '</template>',
  '<details>',
  '<details open>',
  '</details>',
  '<summary>',
  '</summary>',
  '<svg>',
  '</svg>',
  '<title>',
  '<a ',

  'title="',
  '">',
  '"',
  "'",
  '<?',
  '?>',
  '<![CDATA[',
  ']]>',
  '<!X',
  '[',
  ']',
  '](',
  '](a "b")',
  '!',
  '![',
  '[^1]',
  '[^1]: ',
  '[a]: ',
  '[a]',
  '(',
  ')',
  '|',

  '|-|-|',
  '| a | b |',
  '&lt;',
  '&#60;',
  '&amp;',
  '&#x200b;',
  '&',
  '#65;',
  '\u200b',
  'e\u0301',
  '<',
  '>',
  'http://a.b',
  'www.a.b',
  '@a',
  ':',
  '[ ] ',
  '~~',
  '<br>',
];
const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((all) => all.join(''));

test('the result, read again, gives itself', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(
      fc.oneof({ arbitrary: pieces, weight: 5 }, { arbitrary: fc.string({ unit: 'binary' }), weight: 1 }),
      (markdown) => {
        const once = visibleText(markdown);
        expect(visibleText(once.text)).toEqual({ text: once.text, removed: [] });
      },
    ),
    { numRuns: 1_500 },
  );
});

test('nothing comes through a hidden element, whatever is in it', { timeout: 60_000 }, () => {
  const inside = fc.array(
    fc.constantFrom(
      'xyzzy',
      'xyzzy',
      '\n\n',
      '\n',
      ' ',
      '*',
      '`',
      '> ',
      '- ',
      '# ',
      '<b>',
      '</b>',
      '<i>',
      '[',
      '](a)',
      '|',
      '&amp;',
      '<!--',
      '<p>',
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(inside, (all) => {
      expect(visibleText(`Seen\n\n<section hidden>\n\n${all.join('')}`).text).not.toContain(HIDDEN);
      expect(visibleText(`Seen\n\n<!--\n\n${all.join('').replaceAll('<!--', '')}`).text).not.toContain(HIDDEN);
    }),
    { numRuns: 300 },
  );
});

test('words of ordinary text all come through', () => {
  const word = fc.stringMatching(/^[A-Za-zÀ-ÖØ-öø-ÿ0-9]{1,12}$/);
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1 }),
      fc.constantFrom(' ', '\n', '\n\n', '\n- ', ' *', ', '),
      (words, between) => {
        expect(visibleText(words.join(between)).text.match(/[\p{L}\p{N}]+/gu)).toEqual(
          words.map((one) => one.normalize('NFC')),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('the longest issue is read in bounded time, of whatever it is made', { timeout: 300_000 }, () => {
  const bits = ['a** b', '](a "b")', '[^a]', '<b><p>', '- a\n', '&lt;'];
  const slow = bits.flatMap((bit) => {
    const text = bit.repeat(Math.ceil(65_536 / bit.length)).slice(0, 65_536);
    const before = process.threadCpuUsage().user;
    visibleText(text);
    const ms = (process.threadCpuUsage().user - before) / 1_000;
    return ms > 15_000 ? [`${JSON.stringify(bit)}: ${Math.round(ms)} ms`] : [];
  });
  expect(slow).toEqual([]);
});

test.each([
  ['quotes in quotes', '>'.repeat(1_000)],
  ['lists in lists', '- '.repeat(1_000)],
  ['brackets without partners', ']'.repeat(30_000)],
  ['crossed formatting', Array.from({ length: 1_000 }, (_, index) => `<p><b a="${index}">x`).join('')],
])('a text too tangled to judge is replaced by a sentence: %s', (_name, markdown) => {
  const { text, removed } = visibleText(`${markdown} xyzzy`);
  expect(text).toBe('This text is too complex to tell which parts are visible, so it was left out.');
  expect(removed).toContainEqual({ kind: 'tangled', count: 1 });
  expect(visibleText(text)).toEqual({ text, removed: [] });
});
