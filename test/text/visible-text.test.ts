import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { visibleLine, visibleText } from '../../app/text/visible-text.ts';

/** Hidden words; none of them may come through. `Seen` must. */
const HIDDEN = 'xyzzy';

describe('what a reader does not see does not come through', () => {
  test.each([
    ['a comment', 'Seen <!-- xyzzy --> more'],
    ['a comment of many lines', 'Seen\n\n<!--\nxyzzy\n\nxyzzy\n-->\n\nmore'],
    ['a comment that is never closed', 'Seen\n\n<!-- xyzzy\n\nxyzzy'],
    ['a comment that closes with a bang', 'Seen\n\n<!-- xyzzy --!> more'],
    ['a comment in a comment', 'Seen <!-- a <!-- xyzzy --> more'],
    ['a comment that re-forms when another goes', 'Seen <!-<!-- -->- xyzzy --> more'],
    ['a comment in a list', '- Seen\n- <!-- xyzzy -->'],
    ['a comment in a quote', '> Seen\n>\n> <!--\n> xyzzy\n> -->'],
    ['a comment in a table', '| Seen |\n|---|\n| <!-- xyzzy --> |'],
    ['a comment in a heading', '# Seen <!-- xyzzy -->'],
    ['an empty comment before a comment', 'Seen <!----><!-- xyzzy -->'],
    ['CDATA', 'Seen <![CDATA[xyzzy]]> more'],
    ['CDATA as a block', 'Seen\n\n<![CDATA[\nxyzzy\n]]>'],
    ['a processing instruction', 'Seen <?php xyzzy ?> more'],
    ['a declaration', 'Seen <!XYZZY xyzzy> more'],
    ['a document type', '<!DOCTYPE xyzzy>\n\nSeen'],
    ['a tag’s attribute', 'Seen <b title="xyzzy">more</b>'],
    ['an attribute of many lines', 'Seen <b title="\nxyzzy\n">more</b>'],
    ['an attribute that swallows paragraphs', 'Seen\n\n<div title="\n\nxyzzy\n\n">\n\nmore'],
    ['a data attribute', '<p data-note="xyzzy">Seen</p>'],
    ['the `hidden` attribute', 'Seen\n\n<div hidden>\n\nxyzzy\n\n</div>'],
    ['the `hidden` attribute in capitals', 'Seen <SPAN HIDDEN>xyzzy</SPAN>'],
    ['the `hidden` attribute with a value', 'Seen <span hidden="until-found">xyzzy</span>'],
    ['a hidden element around Markdown', 'Seen\n\n<div hidden>\n\n# xyzzy\n\n- **xyzzy**\n\n```\nxyzzy\n```\n\n</div>'],
    ['a hidden element that is never closed', 'Seen\n\n<section hidden>\n\nxyzzy'],
    ['a hidden element closed by the wrong tag', 'Seen\n\n<div hidden>\n\n</span>xyzzy\n\n</b>xyzzy'],
    ['a hidden formatting element that goes on', 'Seen\n\n<b hidden>xyzzy\n\nxyzzy'],
    ['a hidden table', 'Seen\n\n<table hidden><tr><td>xyzzy</td></tr></table>'],
    ['a hidden cell', '<table><tr><td>Seen</td><td hidden>xyzzy</td></tr></table>'],
    ['display: none', 'Seen <span style="display:none">xyzzy</span>'],
    ['display: none in odd writing', 'Seen <span style="DISPLAY : \n none">xyzzy</span>'],
    ['display: none behind an entity', 'Seen <span style="display&colon;none">xyzzy</span>'],
    ['visibility: hidden', 'Seen <span style="visibility:hidden">xyzzy</span>'],
    ['opacity: 0', 'Seen <span style="opacity:0">xyzzy</span>'],
    ['a font of no size', 'Seen <span style="font-size:0">xyzzy</span>'],
    ['white on white', 'Seen <span style="color:#fff">xyzzy</span>'],
    ['white by an old attribute', 'Seen <font color="white">xyzzy</font>'],
    ['a place off the page', 'Seen <span style="position:absolute;left:-9999px">xyzzy</span>'],
    ['a clipped box', 'Seen <span style="clip:rect(0,0,0,0)">xyzzy</span>'],
    ['a width of nothing', 'Seen <span style="width:0">xyzzy</span>'],
    ['a class for screen readers', 'Seen <span class="sr-only">xyzzy</span>'],
    ['aria-hidden', 'Seen <span aria-hidden="true">xyzzy</span>'],
    ['a label for screen readers', 'Seen <span aria-label="xyzzy">more</span>'],
    ['inert and popover', 'Seen <div popover>xyzzy</div><p inert>xyzzy</p>'],
    ['<template>', 'Seen\n\n<template>\n\nxyzzy\n\n</template>'],
    ['<template> in a line', 'Seen <template>xyzzy</template> more'],
    ['<noscript>', 'Seen <noscript>xyzzy</noscript>'],
    ['<object> and <video>', 'Seen <object>xyzzy</object><video>xyzzy</video>'],
    ['<select> and <datalist>', 'Seen <datalist><option>xyzzy</option></datalist>'],
    ['<dialog>', 'Seen\n\n<dialog>\n\nxyzzy\n\n</dialog>'],
    ['<rp>', '<ruby>Seen<rp>xyzzy</rp></ruby>'],
    ['texts of SVG', 'Seen <svg><desc>xyzzy</desc><metadata>xyzzy</metadata></svg>'],
    ['an input’s value', 'Seen <input value="xyzzy" placeholder="xyzzy">'],
    ['a meta tag', 'Seen <meta name="a" content="xyzzy">'],
    ['folded details', '<details><summary>Seen</summary>\n\nxyzzy\n\n</details>'],
    [
      'folded details in details',
      '<details open><summary>Seen</summary><details><summary>more</summary>xyzzy</details></details>',
    ],
    ['a second summary', '<details><summary>Seen</summary><summary>xyzzy</summary></details>'],
    ['an image’s alternative text', 'Seen ![xyzzy](a.png)'],
    ['an image’s text with brackets', 'Seen ![a [xyzzy] b](a.png)'],
    ['an image’s title', 'Seen ![](a.png "xyzzy")'],
    ['an image by reference', 'Seen ![xyzzy][a]\n\n[a]: b.png'],
    ['an HTML image', 'Seen <img alt="xyzzy" src="xyzzy" title="xyzzy">'],
    ['a link’s target', '[Seen](https://example.com/?q=xyzzy)'],
    ['a link’s title', "[Seen](a 'xyzzy')"],
    ['a link’s title in parentheses', '[Seen](a (xyzzy))'],
    ['a link’s title of many lines', '[Seen](a "\nxyzzy\n")'],
    ['a link with nothing to click', 'Seen [](xyzzy)'],
    ['a reference’s label', '[Seen][xyzzy]\n\n[xyzzy]: a'],
    ['a link definition', 'Seen\n\n[xyzzy]: a'],
    ['a definition as a comment', 'Seen\n\n[//]: # (xyzzy)'],
    ['a definition with a title on the next line', 'Seen\n\n[a]: b\n"xyzzy"'],
    ['a definition’s target in angles', 'Seen\n\n[a]: <xyzzy xyzzy>'],
    ['a definition in a quote', '> Seen\n>\n> [a]: b "xyzzy"'],
    ['an unused footnote', 'Seen\n\n[^1]: xyzzy\n\n    xyzzy'],
    ['footnotes that only call each other', 'Seen\n\n[^1]: xyzzy [^2]\n\n[^2]: xyzzy [^1]'],
    ['a footnote called from a comment', 'Seen <!-- [^1] -->\n\n[^1]: xyzzy'],
    ['a footnote’s label', 'Seen[^xyzzy]\n\n[^xyzzy]: more'],
    ['cells beyond a table’s head', '| Seen |\n|---|\n| a | xyzzy | xyzzy |'],
    ['words behind a fence', '```js xyzzy\nSeen\n```'],
    ['a fence’s long language', '```xyzzyxyzzyxyzzyxyzzy\nSeen\n```'],
    ['words behind a fence of tildes', '~~~ sh xyzzy="xyzzy"\nSeen\n~~~'],
  ])('%s', (_name, markdown) => {
    const { text, removed } = visibleText(markdown);
    expect(text).toContain('Seen');
    expect(text.toLowerCase()).not.toContain(HIDDEN);
    expect(removed).not.toEqual([]);
  });
});

describe('characters without ink go, and words they split come together', () => {
  test.each([
    ['zero-width space', '\u200b'],
    ['zero-width joiner', '\u200d'],
    ['word joiner', '\u2060'],
    ['invisible separator', '\u2063'],
    ['soft hyphen', '\u00ad'],
    ['byte order mark', '\ufeff'],
    ['right-to-left override', '\u202e'],
    ['isolate', '\u2066'],
    ['tag characters', '\u{e0069}\u{e0067}'],
    ['variation selector', '\ufe0f'],
    ['variation selector 200', '\u{e01b7}'],
    ['Hangul filler', '\u3164'],
    ['half-width Hangul filler', '\uffa0'],
    ['combining grapheme joiner', '\u034f'],
    ['Mongolian vowel separator', '\u180e'],
    ['Braille blank', '\u2800'],
    ['musical null', '\u{1d159}'],
    ['interlinear annotation', '\ufff9'],
    ['private use', '\u{f0041}'],
    ['noncharacter', '\uffff'],
    ['half a surrogate', '\ud800'],
    ['a control', '\u0001'],
    ['a C1 control', '\u0086'],
    ['a terminal sequence', '\u001b[8m'],
    ['a reference to a zero-width space', '&#x200b;'],
    ['a named reference', '&ZeroWidthSpace;'],
    ['a reference to a tag character', '&#917609;'],
    ['an empty comment', '<!-- -->'],
    ['an empty element', '<b></b>'],
  ])('%s', (_name, character) => {
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
