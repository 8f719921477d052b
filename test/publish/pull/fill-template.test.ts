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
