import { describe, expect, test } from 'vitest';
import { createMarker, hasMarker, readFacts, sealFacts } from '../../app/text/marker.ts';
import { codeSpan, fence, joinBlocks, linkTo, login, mention, plainLine } from '../../app/report/render/escape-text.ts';
import {
  formatDuration,
  formatGuess,
  formatMany,
  formatTime,
  formatDollars,
} from '../../app/report/render/format-facts.ts';

describe('markers', () => {
  const key = new Uint8Array(32).fill(7);
  const marker = createMarker('01T', key);

  test.each([
    ['the marker itself', marker, true],
    ['the marker inside a comment', `Hello\n${marker}\nworld`, true],
    ['the marker behind a forged one', `<!-- bosun:01T:${'0'.repeat(40)} --> ${marker}`, true],
    ['a forged one', `<!-- bosun:01T:${'0'.repeat(40)} -->`, false],
    ['one of another key', createMarker('01T', new Uint8Array(32)), false],
    ['one of another task', createMarker('01U', key), false],
    ['one that is cut', marker.slice(0, 40), false],
    ['none', '', false],
  ])('%s', (_what, body, expected) => {
    expect(hasMarker(body, { name: '01T', key })).toBe(expected);
  });
});

describe('facts for machines', () => {
  const marker = { name: '01T', key: new Uint8Array(32).fill(7) };
  const line = sealFacts({ spentNano: 42 }, marker);

  test.each([
    ['the line itself', line, { spentNano: 42 }],
    ['the line behind a forged one', `${line.replace(/[0-9a-f]{40}/, '0'.repeat(40))}\n${line}`, { spentNano: 42 }],
    ['a line with other facts', line.replace(/facts:./, 'facts:f'), null],
    ['a line of another task', sealFacts({ spentNano: 42 }, { ...marker, name: '01U' }), null],
    ['a line under another key', sealFacts({ spentNano: 42 }, { ...marker, key: new Uint8Array(32) }), null],
    ['the words that people read', '**$0.42** of $5.00', null],
  ])('%s', (_what, body, expected) => {
    expect(readFacts(body, marker)).toEqual(expected);
  });
});

describe('numbers for people', () => {
  test.each([
    [0, '$0.00'],
    [1, '$0.000000001'],
    [1_700_000, '$0.0017'],
    [418_300_000, '$0.42'],
    [5_000_000_000, '$5.00'],
    [1_234_560_000_000, '$1234.56'],
  ])('%i nano-USD are %s', (nano, text) => {
    expect(formatDollars(nano)).toBe(text);
  });

  test.each([
    [-5, '0 s'],
    [45_400, '45 s'],
    [60_000, '1 min'],
    [372_000, '6 min 12 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
  ])('%i ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test.each([
    [20_000, 'under a minute'],
    [150_000, 'about 3 min'],
    [660_000, 'about 15 min'],
    [5_400_000, 'about 1.5 h'],
  ])('a guess of %i ms is %s', (ms, text) => {
    expect(formatGuess(ms)).toBe(text);
  });

  test('times are in UTC and labelled so', () => {
    expect(formatTime(new Date('2026-11-21T23:05:00Z'))).toBe('21 Nov 2026, 23:05 UTC');
  });

  test('one is not many', () => {
    expect([formatMany(1, 'file'), formatMany(1_200, 'file')]).toEqual(['1 file', '1,200 files']);
  });
});

describe('text of others', () => {
  test.each([
    ['a backtick', 'a`b', "`a'b`"],
    ['lines and control characters', 'a\n\u001B[31m\u202Eb', '`a [31m b`'],
    ['nothing', ' \n ', ''],
    ['a long text', 'x'.repeat(300), `\`${'x'.repeat(199)}…\``],
  ])('as a code span: %s', (_what, text, expected) => {
    expect(codeSpan(text)).toBe(expected);
  });

  test('a fence is longer than any run of backticks inside', () => {
    expect(fence('a\n````\nb')).toBe('`````text\na\n````\nb\n`````');
    expect(fence(`start ${'x'.repeat(5_000)} end`)).toMatch(/ end\n```$/);
    expect(fence('a\u001B[31m\tb')).toBe('```text\na[31m\tb\n```');
  });

  test('a plain line is neither Markdown nor HTML nor a mention', () => {
    expect(plainLine('*a* <b> @you #1 https://x.test www.x.test [l](u) `c`')).toBe(
      '\\*a\\* &lt;b&gt; @\u200Byou #\u200B1 https&#58;//x.test www&#46;x.test \\[l\\](u) \\`c\\`',
    );
  });

  test.each([
    ['https://github.com/o/r', '[t](https://github.com/o/r)'],
    ['https://github.com/o/r_(x)', '[t](https://github.com/o/r_%28x%29)'],
    ['https://github.com.evil.test/', 't'],
    ['javascript:alert(1)', 't'],
    ['not a url', 't'],
    [null, 't'],
  ])('a link to %s is %s', (url, expected) => {
    expect(linkTo('t', { url, serverUrl: 'https://github.com' })).toBe(expected);
  });

  test('a login that is none becomes code', () => {
    expect([login('alice-1'), mention('alice-1'), login('a b'), mention('x](y)')]).toEqual([
      'alice-1',
      '@alice-1',
      '`a b`',
      '`x](y)`',
    ]);
  });

  test('a block that does not fit is left out whole, with a note', () => {
    expect(joinBlocks(['short', '', 'end'], 100)).toBe('short\n\nend');
    const joined = joinBlocks(['first', `\`\`\`js\n${'line\n'.repeat(100)}\`\`\``, '<b>'.repeat(90), 'last'], 100);
    expect(joined).toMatch(/^first\n\n\*… some parts are omitted here[^\n]+\*\n\nlast$/);
  });

  test('a line that is cut has no half of a character', () => {
    expect(plainLine('a😀😀', 3)).toBe('a…');
  });
});
