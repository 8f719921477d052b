import { expect, test } from 'vitest';
import { fillTemplate } from '../../../app/publish/pull/fill-template.ts';

const fill = { summary: 'It adds $1 & $& now.', reference: 'Closes #3' };

test('the summary goes under the heading that asks for it, the rest stays', () => {
  const template =
    '# Checklist\r\n- [ ] Tests\r\n\r\n## What does this change?\r\n<!-- Say it. -->\r\n\r\n## Risks\r\n';
  expect(fillTemplate(template, fill)).toBe(
    [
      '# Checklist',
      '- [ ] Tests',
      '',
      '## What does this change?',
      '',
      'It adds $1 & $& now.',
      '',
      'Closes #3',
      '',
      '<!-- Say it. -->',
      '',
      '## Risks',
    ].join('\n'),
  );
});

test('without such a heading it goes on top', () => {
  expect(fillTemplate('- [ ] I have read the rules', fill)).toBe(
    'It adds $1 & $& now.\n\nCloses #3\n\n- [ ] I have read the rules',
  );
});

test.each(['Fixes # (issue)', 'fixes: #', 'Closes # <number>', 'Resolves #\nmore'])(
  'a reference left open is filled in: %j',
  (line) => {
    const filled = fillTemplate(`## Summary\n\n${line}`, fill);
    expect(filled.match(/Closes #3/g)).toHaveLength(1);
    expect(filled).not.toMatch(/#\s*(\(|<|$)/m);
  },
);

test('a reference to another issue is left alone', () => {
  expect(fillTemplate('## Summary\nFixes #77', fill)).toContain('Fixes #77');
});

const SUMMARY = 'It adds $1 & $& now.';

/** The heading under which the summary landed; empty when on top. */
function headingOf(template: string): string {
  const before = fillTemplate(template, fill).split(SUMMARY)[0] ?? '';
  return before.trimEnd().split('\n').at(-1) ?? '';
}

test.each([
  [
    'Home Assistant',
    '## Breaking change\n<!-- If any -->\n\n## Proposed change\n<!-- Say it -->\n\n## Type of change\n- [ ] Bugfix\n',
    '## Proposed change',
  ],
  [
    'Kubernetes',
    '#### What type of PR is this?\n\n<!-- kind -->\n\n#### What this PR does / why we need it:\n\n#### Which issue(s) this PR fixes:\n',
    '#### What this PR does / why we need it:',
  ],
  ['a description after a checklist', '## Checklist\n- [ ] a\n\n## Description\n', '## Description'],
  ['a summary of testing comes first', '## Summary of testing\n\n## Summary\n', '## Summary'],
  ['changes that break', '### Breaking changes\n\n### Changes\n', '### Changes'],
  ['setext headings', 'Type of change\n---\n\nWhat does this pull request do?\n---\n', '---'],
  ['bold lines as headings', '**Type of change**\n\n- [ ] a\n\n**Description**\n', '**Description**'],
  [
    'a heading that only stands in a comment',
    '<!--\n## Description\n-->\n\n## What has changed\n',
    '## What has changed',
  ],
  ['a heading in a code block', '```\n## Description\n```\n\n## Overview\n', '## Overview'],
  ['another language', '## Art der Änderung\n\n## Beschreibung\n', '## Beschreibung'],
  ['Japanese', '## 関連\n\n## 概要\n', '## 概要'],
  ['nothing that asks', '## Breaking change\n\n## Type of change\n', ''],
])('the summary of %s goes where a reader expects it', (_, template, heading) => {
  expect(headingOf(template)).toBe(heading);
});

test('a reference in a comment is left alone, and the visible one is filled in', () => {
  const template = '## What this PR does\n\n<!--\nUsage: `Fixes #<issue number>`, or `Fixes #`.\n-->\nFixes #\n';
  const filled = fillTemplate(template, fill);
  expect(filled).toContain('or `Fixes #`.\n-->\nCloses #3');
  expect(filled.match(/Closes #3/g)).toHaveLength(1);
});

test('a reference that only a comment or code holds is added where people see it', () => {
  const filled = fillTemplate('## Description\n\n<!-- Fixes # -->\n\n`Closes #`\n', fill);
  expect(filled).toBe('## Description\n\nIt adds $1 & $& now.\n\nCloses #3\n\n<!-- Fixes # -->\n\n`Closes #`');
});

test('a comment that is never closed hides nothing of ours', () => {
  expect(fillTemplate('<!-- never closed\n## Description\nFixes #', fill)).toMatch(
    /^It adds .* now\.\n\nCloses #3\n\n<!--/,
  );
});

test.each([
  '- This PR fixes or closes issue: fixes #',
  'Fixes #ISSUE',
  'Closes #[number]',
  'Resolves #{id}',
  'fixes #___',
])('%j is a place for the reference', (line) => {
  const filled = fillTemplate(`## Summary\n\n${line}\n`, fill);
  expect(filled.match(/Closes #3/g)).toHaveLength(1);
  expect(filled).not.toMatch(/#(?!\d|#| )/);
});

test('boxes, tables and blank lines of the section stay as they are', () => {
  const rest = '- [ ] Tests\n\n- [x] Docs\n\n| a | b |\n| --- | --- |\n\nText\n\n## Next';
  expect(fillTemplate(`## Description\n\n${rest}\n`, fill)).toBe(
    `## Description\n\nIt adds $1 & $& now.\n\nCloses #3\n\n${rest}`,
  );
});
