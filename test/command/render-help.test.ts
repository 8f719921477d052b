import { expect, test } from 'vitest';

import { COMMANDS } from '../../app/command/commands.ts';
import { parseComment } from '../../app/command/parse-comment.ts';
import { renderHelp, usageOf } from '../../app/command/render-help.ts';

test('help lists the commands available here, and those that are not yet', () => {
  const help = renderHelp({ prefix: '/', thread: 'issue' });
  expect(help).toContain('| `/implement [text]` with flags | Turn this issue into a draft pull request. |');
  expect(help).toContain('| `/cancel`, `/stop` |');
  expect(help).toContain('`--budget 2.50`');
  expect(help).toContain('Not available in this version yet: `/plan`, `/approve`, `/reject`.');
});

test('help uses the prefix of the repository', () => {
  const help = renderHelp({ prefix: '@bosun ', thread: 'pull_request' });
  expect(help).toContain('`@bosun status`');
  expect(help).toContain('comment `@bosun implement` on an issue');
  expect(help).not.toContain('| `@bosun implement');
});

test('a reader learns who may run commands', () => {
  expect(renderHelp({ prefix: '/', thread: 'issue', role: 'reader' })).toContain('Only people with write access');
});

test('the usage of a command comes from its record', () => {
  expect(usageOf('implement', '/')).toBe(
    '/implement [text] [--model id] [--tier tier] [--size S|M|L] [--budget usd] [--max-turns n] [--timeout minutes] [--base branch] [--path dir] [--priority 1-10] [--dry-run] [--fresh] [--quote] [--yes]',
  );
  expect(usageOf('budget', '@bosun ')).toBe('@bosun budget [+usd]');
});

test('every example of a record is understood', () => {
  for (const command of Object.values(COMMANDS)) {
    for (const example of command.examples) {
      const [item] = parseComment(`/${example}`, { prefix: '/' });
      expect(item).toMatchObject(
        command.available ? { kind: 'command', name: command.name } : { kind: 'reply', code: 'not_available' },
      );
    }
  }
});
