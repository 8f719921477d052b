import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { canonicalJson } from '../../app/text/canonical-json.ts';
import { codeSpan, fenceCode, fenceData } from '../../app/text/fence.ts';
import { fitBudget } from '../../app/text/fit-budget.ts';
import { sha256Hex } from '../../app/text/sha256-hex.ts';
import { slugify } from '../../app/text/slug.ts';
import { stripControls } from '../../app/text/strip-controls.ts';
import { estimateTokens } from '../../app/text/token-estimate.ts';

describe('slugify', () => {
  test.each([
    ['Fix the parser', 'fix-the-parser'],
    ['  Crème brûlée!! ', 'creme-brulee'],
    ['a/../../b $(touch x)', 'a-b-touch-x'],
    ['Ошибка', 'task'],
    ['', 'task'],
    ['x'.repeat(100), 'x'.repeat(40)],
    ['one two three four five six seven eight nine ten', 'one-two-three-four-five-six-seven-eight'],
    ['--upload-pack=x', 'upload-pack-x'],
    ['ﬁx Ｗide', 'fix-wide'],
  ])('%j becomes %j', (title, slug) => {
    expect(slugify(title)).toBe(slug);
  });

  test('gives nothing but letters, digits and single hyphens, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (title) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(slugify(title)) && slugify(title).length <= 40,
      ),
    );
  });
});

describe('canonicalJson', () => {
  test.each([
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ a: undefined, b: 'é' }, '{"b":"é"}'],
    [-0, '0'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('%j is said in one way', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test('is the same however the keys came', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
      }),
    );
  });

  test.each([[NaN], [[undefined]], [1n], [() => 1]])('%s is refused', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  test('a cycle is refused', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => canonicalJson(loop)).toThrow(/contains itself/);
  });
});

test('sha256Hex is SHA-256', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('tokens are estimated by bytes, more for scripts that take more', () => {
  expect(estimateTokens('')).toBe(0);
  expect(estimateTokens('hello world')).toBe(4);
  expect(estimateTokens('漢字漢字')).toBe(4);
});

describe('fitBudget', () => {
  const parts = [3, 4, 2];
  test.each([
    [9, [3, 4, 2], 0],
    [8, [4, 2], 1],
    [5, [2], 2],
    [1, [], 3],
  ])('a budget of %i keeps %j', (budgetTokens, kept, dropped) => {
    expect(fitBudget({ parts, sizeOf: (part) => part, budgetTokens })).toEqual({
      kept,
      dropped,
      truncated: dropped > 0,
      keptTokens: kept.reduce((sum, part) => sum + part, 0),
    });
  });
});

describe('fences', () => {
  test('name source and author, and are longer than any run inside', () => {
    expect(fenceData('a\n~~~~~\nb', { label: 'issue #7', authorId: 42, authorLogin: 'mona' })).toBe(
      '~~~~~~ data source="issue #7" author="mona" author-id="42"\na\n~~~~~\nb\n~~~~~~',
    );
    expect(fenceData('x', { label: 'a"\n~b', authorId: null, authorLogin: null })).toBe(
      '~~~~ data source="ab"\nx\n~~~~',
    );
  });

  test('of code survive backticks', () => {
    expect(fenceCode('a\n```\nb', { language: 'sh' })).toBe('````sh\na\n```\nb\n````');
    expect(codeSpan('a`b')).toBe('``a`b``');
    expect(codeSpan('`a')).toBe('`` `a ``');
    expect(codeSpan(' \n')).toBe('` `');
  });

  test('cannot be ended from inside', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('~', '~~~~', '`', '\n', 'a', ' ')), (pieces) => {
        const [open = '', ...rest] = fenceData(pieces.join(''), { label: 'x', authorId: 1, authorLogin: 'y' }).split(
          '\n',
        );
        const marks = open.slice(0, open.indexOf(' '));
        expect(rest.slice(0, -1).some((line) => line.includes(marks))).toBe(false);
        expect(rest.at(-1)).toBe(marks);
      }),
    );
  });
});

test.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;https://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u009b31mred', 'red'],
  ['a\r\nb\rc\td', 'a\nb\nc\td'],
  ['a\u0000\u0008\u007f\u0085b', 'ab'],
  ['\u001b', ''],
])('terminal sequences and controls go: %j', (text, expected) => {
  expect(stripControls(text)).toBe(expected);
});
