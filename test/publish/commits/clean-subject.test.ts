import { expect, test } from 'vitest';
import { cleanSubject } from '../../../app/publish/commits/clean-subject.ts';
import { renderCommitMessage } from '../../../app/publish/commits/render-commit-message.ts';

test.each([
  ['Fix the sum', 'Fix the sum'],
  ['Fix the sum [skip ci]', 'Fix the sum'],
  ['[ci skip][no ci] Fix', 'Fix'],
  ['[skip [skip ci]ci] Fix', 'Fix'],
  ['Fix [skip actions] ***NO_CI*** skip-checks: true', 'Fix'],
  ['Fix, closes #12 and fixes ada/engine#9', 'Fix, closes 12 and fixes ada/engine9'],
  ['Fix GH-12', 'Fix 12'],
  ['Thanks @everyone and @ada', 'Thanks everyone and ada'],
  ['See https://evil.example/?q=1 and www.evil.example', 'See and'],
  ['Fix\u202Eevil\u200B \u001b[31mred', 'Fixevil [31mred'],
  ['Co-authored-by: Eve <eve@example.com>', ''],
  ['Signed-off-by: Eve', ''],
  ['   ', ''],
  ['x'.repeat(100), `${'x'.repeat(71)}…`],
])('%j becomes %j', (subject, expected) => {
  expect(cleanSubject(subject)).toBe(expected);
});

test.each([
  ['##1', '1'],
  ['Fix [skip  ci]', 'Fix'],
  ['Fix [skip @ci]', 'Fix'],
  ['Fix [@skip\tci]', 'Fix'],
  ['Fix GH-GH-1', 'Fix 1'],
  ['#@#1 fix', '1 fix'],
  ['Fix [no#1-ci]', 'Fix [no1-ci]'],
  ['[skip-ci] and [skip azurepipelines] and [azp skip]', 'and and'],
  ['Si@gned-off-by : Eve', ''],
  ['skip-che@cks:true', ''],
  ['Use C# 8 and list[0]', 'Use C# 8 and list[0]'],
])('%j, where one rule makes work for another, becomes %j', (subject, expected) => {
  expect(cleanSubject(subject)).toBe(expected);
});

test('no row of fragments leaves anything that acts', () => {
  const parts = [
    '[',
    ']',
    'skip',
    ' ',
    '  ',
    'ci',
    '@',
    '#',
    '1',
    'GH-',
    'no',
    '-',
    '***',
    'NO_CI',
    'http',
    '://',
    'x',
    'www.',
    ':',
  ];
  let seed = 7;
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  for (let round = 0; round < 20_000; round += 1) {
    const subject = Array.from({ length: 3 + (next() % 12) }, () => parts[next() % parts.length]).join('');
    const clean = cleanSubject(subject);
    expect(clean).not.toMatch(
      /@|#\d|\bGH-\d|\[[^[\]]*\bskip\b[^[\]]*\]|\[no[ -]?ci\]|\*{3}NO_CI\*{3}|https?:\/\/\S|\bwww\.\S/i,
    );
    expect(cleanSubject(clean)).toBe(clean);
  }
});

const words = {
  subject: 'Fix the sum',
  issueNumber: 3,
  taskId: '01TASK',
  requestedBy: { id: 42, login: 'ada' },
  noReplyDomain: 'users.noreply.github.com',
};

test('a message names issue, task and requester', () => {
  expect(renderCommitMessage(words)).toBe(
    [
      'Fix the sum',
      '',
      'Made by Bosun for #3, task 01TASK.',
      '',
      'Co-authored-by: ada <42+ada@users.noreply.github.com>',
      '',
    ].join('\n'),
  );
});

test.each(['a\nSigned-off-by: x', 'ada <x@y>', '', 'a'.repeat(3) + ' b'])('the login %j makes no trailer', (login) => {
  expect(renderCommitMessage({ ...words, requestedBy: { id: 1, login } })).not.toContain('-by:');
});

test('an empty subject is replaced', () => {
  expect(renderCommitMessage({ ...words, subject: '[skip ci]' })).toMatch(/^Change for issue 3\n/);
});
