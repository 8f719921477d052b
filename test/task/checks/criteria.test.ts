import { expect, test } from 'vitest';
import { checkEvidence, readCriteria } from '../../../app/task/checks/criteria.ts';

test.each<[string, string, string[]]>([
  [
    'the points below a heading',
    '## Why\n- slow\n## Acceptance criteria\n- [ ] sums\n- [x] documents\n## Notes\n- x',
    ['sums', 'documents'],
  ],
  ['a bold heading', '**Done when:**\n1. sums\n2) documents', ['sums', 'documents']],
  ['checkboxes anywhere', 'Text\n- [ ] sums\n- not a criterion\n* [ ] documents', ['sums', 'documents']],
  ['no list', 'It should sum.\n\nAnd document.', ['Title', 'It should sum.', 'And document.']],
  ['code', '```\n- [ ] not one\n```\n- [ ] one', ['one']],
  ['nothing but a title', '', ['Title']],
])('criteria from %s', (_, body, texts) => {
  const found = readCriteria({ title: 'Title', body });
  expect(found.map(({ text }) => text)).toEqual(texts);
  expect(found.map(({ id }) => id)).toEqual(texts.map((_text, at) => `C${at + 1}`));
});

test('a thousand points are cut to twenty', () => {
  const body = Array.from({ length: 1_000 }, (_, at) => `- [ ] point ${at}`).join('\n');
  expect(readCriteria({ title: '', body })).toHaveLength(20);
});

const PATCH = [
  'diff --git a/src/sum.ts b/src/sum.ts',
  '--- a/src/sum.ts',
  '+++ b/src/sum.ts',
  '@@ -1,2 +1,3 @@',
  ' export const one = 1;',
  '+export const two = 2;',
  '-export const gone = 0;',
  '+++ b/not/a/path.ts',
].join('\n');

test.each<[string, { path: string; line: number } | null, string]>([
  ['an added line', { path: 'src/sum.ts', line: 2 }, 'met'],
  ['a line of the context', { path: 'src/sum.ts', line: 1 }, 'met'],
  ['a line that the change does not show', { path: 'src/sum.ts', line: 40 }, 'cannot_tell'],
  ['a file that the change does not touch', { path: 'src/other.ts', line: 1 }, 'cannot_tell'],
  ['a path that only looks like one in the text of the change', { path: 'not/a/path.ts', line: 1 }, 'cannot_tell'],
  ['nothing', null, 'cannot_tell'],
])('evidence at %s', (_, evidence, answer) => {
  const [checked] = checkEvidence([{ id: 'C1', answer: 'met', evidence, note: '' }], PATCH);
  expect(checked?.answer).toBe(answer);
});

test('what is not met needs no evidence', () => {
  const [checked] = checkEvidence([{ id: 'C1', answer: 'not_met', evidence: null, note: '' }], PATCH);
  expect(checked?.answer).toBe('not_met');
});
