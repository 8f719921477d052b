import { describe, expect, test } from 'vitest';

import { visibleLine, visibleText } from '../../app/text/visible-text.ts';

describe('characters without ink that a language needs are kept and raise no alarm', () => {
  test.each([
    ['Persian', 'می‌خواهم برنامه‌ها را ببینم'],
    ['Hindi', 'क्‍ष और क्‌ष'],
    ['Bengali', 'র‍্যাব'],
    ['Malayalam', 'ന്‍റെ'],
    ['Sinhala', 'ශ්‍රී ලංකා'],
    ['Arabic with a mark of direction', 'يعمل على \u200fGitHub\u200f جيدا'],
    ['the Arabic number sign', '\u0600١٢٣'],
    ['Hebrew with a mark of direction', 'גרסה \u200e1.2.3\u200e של הכלי'],
    ['Hebrew with an isolate', 'שלום \u2068GitHub\u2069 עולם'],
    ['Thai with breaks', 'ภาษา\u200bไทย'],
    ['Khmer with breaks', 'ភាសា\u200bខ្មែរ'],
    ['Japanese with a variant', '葛\u{e0100}城市'],
    ['a family', '👨‍👩‍👧‍👦'],
    ['an astronaut with a skin tone', '👩🏽‍🚀'],
    ['a burning heart', '❤️‍🔥 and ☺️'],
    ['a keycap', '1️⃣'],
    ['a rainbow flag', '🏳️‍🌈'],
    ['the flag of Scotland', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
  ])('%s', (_language, text) => {
    expect(visibleText(text)).toEqual({ text: text.normalize('NFC'), removed: [] });
    expect(visibleLine(text)).toEqual({ text: text.normalize('NFC'), removed: [] });
  });

  test.each([
    ['a joiner in Latin text', 'ig\u200dnore', 'ignore'],
    ['a joiner between words', 'a \u200c b', 'a  b'],
    ['two joiners in Persian', 'می\u200c\u200cخواهم', 'میخواهم'],
    ['a mark of direction in a line read from the left', 'file\u200e.txt', 'file.txt'],
    ['an override in Hebrew', 'שלום \u202eabc\u202c', 'שלום abc\u202c'],
    ['words in tags behind a flag', '🏴\u{e0068}\u{e0069}\u{e007f}', '🏴'],
    ['words in tags', 'a\u{e0068}\u{e0069}', 'a'],
  ])('%s is taken out and counted', (_what, text, visible) => {
    const result = visibleText(text);
    expect(result.text).toBe(visible);
    expect(result.removed).toContainEqual({ kind: 'invisible_character', count: expect.any(Number) });
  });
});

describe('what is invisible in code is marked', () => {
  test.each([
    ['in a block', '```js\nconst a\u200b = 1;\n```', '```js\nconst a<U+200B> = 1;\n```'],
    ['in a span', 'The name `a\u200bb` fails', 'The name `a<U+200B>b` fails'],
    ['in indented code', 'Text\n\n    a\u00a0= 1', 'Text\n\n    a<U+00A0>= 1'],
    ['a no-break space', '```\nif\u00a0(a)\n```', '```\nif<U+00A0>(a)\n```'],
    ['a byte order mark', '```\n\ufeff{}\n```', '```\n<U+FEFF>{}\n```'],
    ['a line separator', '`a\u2028b`', '`a<U+2028>b`'],
    ['an override', '`a\u202eb`', '`a<U+202E>b`'],
  ])('%s', (_where, text, marked) => {
    expect(visibleText(text)).toEqual({ text: marked, removed: [] });
    expect(visibleText(marked)).toEqual({ text: marked, removed: [] });
  });

  test('but neither letters written in tags nor a message of many marks', () => {
    expect(visibleText('`a\u{e0068}\u{e0069}`')).toEqual({
      text: '`a`',
      removed: [{ kind: 'invisible_character', count: 2 }],
    });
    const { text, removed } = visibleText(`\`${'\u200b\u200c'.repeat(500)}\``);
    expect(text.match(/<U\+/g)).toHaveLength(200);
    expect(removed).toEqual([{ kind: 'invisible_character', count: 800 }]);
  });
});

describe('what a reader sees as a picture does not come through', () => {
  test.each([
    ['a comment in a diagram', '```mermaid\ngraph TD\n%% xyzzy\nA-->B\n```'],
    ['a directive of a diagram', '```mermaid\n%%{init: {"x": "xyzzy"}}%%\ngraph TD\n```'],
    ['a tooltip of a diagram', '~~~Mermaid\ngraph TD\nclick A "u" "xyzzy"\n~~~'],
    ['a name in a map', '```geojson\n{"type":"Point","note":"xyzzy"}\n```'],
    ['a name in a topology', '```topojson\n{"xyzzy":1}\n```'],
    ['a name of a solid', '```stl\nsolid xyzzy\nendsolid\n```'],
    ['a phantom', 'See $\\phantom{xyzzy}x$ there'],
    ['a comment in a formula', '$$\nx % xyzzy\n$$'],
    ['white in a formula', '$\\color{white}{xyzzy}$'],
    ['an overlap in a formula', '$\\rlap{xyzzy}x$'],
    ['a phantom in a math block', '```math\n\\hphantom{xyzzy}\n```'],
    ['a phantom in a math span', 'Let $`\\phantom{xyzzy}`$ be'],
    ['a definition in a formula', '$\\def\\a{xyzzy}x$'],
    ['words behind a language', '```js xyzzy\nlet a;\n```'],
    ['words in braces behind a language', '```js {title="xyzzy"}\nlet a;\n```'],
    ['words instead of a language', '```xyzzy-do-this\nlet a;\n```'],
    ['a word instead of a language', '```xyzzy\nlet a;\n```'],
  ])('%s', (_what, text) => {
    const once = visibleText(`Before\n\n${text}\n\nAfter`);
    expect(once.text).not.toMatch(/xyzzy/i);
    expect(once.text).toMatch(/^Before[^]*After$/);
    expect(visibleText(once.text).text).toBe(once.text);
    expect(once.removed.length).toBeGreaterThan(0);
  });

  test.each([
    ['a formula of shown symbols', 'Then $\\frac{a}{b} \\leq \\sum_{i=1}^n x_i$ holds'],
    ['a formula in lines', '$$\n\\begin{matrix} a & b \\\\ c & d \\end{matrix}\n$$'],
    ['a math block', '```math\n\\sqrt{2}\n```'],
    ['prices', 'It costs $5 (100% sure) or $10.'],
    ['variables of a shell', 'Set $HOME and $PATH to 50%.'],
    ['code', '`$\\phantom{x}$`'],
    ['a language', '```typescript\nlet a;\n```'],
  ])('%s stays', (_what, text) => {
    expect(visibleText(text)).toEqual({ text, removed: [] });
  });
});
