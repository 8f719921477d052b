import { expect, test } from 'vitest';

import { fillSections } from '../../scripts/docs/fill-sections.ts';
import { markdownTable } from '../../scripts/docs/markdown-table.ts';

const SECTIONS = { words: () => 'new words', later: async () => 'later words' };

test('what stands between the markers is replaced, and nothing else', async () => {
  const text =
    '# A\n\n<!-- generated: words -->\n\nold\n\n<!-- end -->\n\nkept\n\n<!-- generated: later -->\n<!-- end -->\n';
  expect(await fillSections(text, SECTIONS)).toEqual({
    ok: true,
    text: '# A\n\n<!-- generated: words -->\n\nnew words\n\n<!-- end -->\n\nkept\n\n<!-- generated: later -->\n\nlater words\n\n<!-- end -->\n',
    names: ['words', 'later'],
  });
});

test('filling twice changes nothing the second time', async () => {
  const once = await fillSections('<!-- generated: words -->\n<!-- end -->', SECTIONS);
  expect(await fillSections(once.ok ? once.text : '', SECTIONS)).toEqual(once);
});

test.each([
  ['<!-- generated: word -->\n<!-- end -->', 'there is no generated section "word"; there is words, later'],
  ['<!-- generated: words -->\nnever ends', 'a generated section lacks its `<!-- end -->`'],
])('%j is refused', async (text, problem) => {
  expect(await fillSections(text, SECTIONS)).toEqual({ ok: false, problem });
});

test('a bar or a line break in a cell does not break the table', () => {
  expect(markdownTable(['a', 'b'], [['x | y', 'one\ntwo']])).toBe('| a | b |\n| --- | --- |\n| x \\| y | one two |');
});
