import { expect, test } from 'vitest';

import type { CliCommand } from '../../app/cli/command.ts';
import { parseArguments } from '../../app/cli/parse-arguments.ts';
import { renderCommandHelp, renderUsage } from '../../app/cli/usage.ts';

const tasks: CliCommand = {
  name: 'tasks',
  summary: 'List tasks',
  positional: [],
  flags: {
    state: { type: 'string', value: 'STATE', description: 'only these' },
    json: { type: 'boolean', description: 'one document' },
  },
  examples: ['bosun tasks --json'],
  run: async () => 0,
};
const show: CliCommand = { ...tasks, name: 'show', summary: 'Tell one', positional: ['ID'], flags: {}, examples: [] };
const COMMANDS = [tasks, show];

test.each([
  [[], { kind: 'usage' }],
  [['help'], { kind: 'usage' }],
  [['--help'], { kind: 'usage' }],
  [['--version'], { kind: 'version' }],
  [['help', 'tasks'], { kind: 'help', command: tasks }],
  [['tasks', '--json', '--help'], { kind: 'help', command: tasks }],
  [['show', '-h'], { kind: 'help', command: show }],
  [['tasks'], { kind: 'run', args: [], flags: {} }],
  [['tasks', '--json', '--state', 'RUNNING'], { kind: 'run', args: [], flags: { json: true, state: 'RUNNING' } }],
  [['tasks', '--state=FAILED'], { kind: 'run', flags: { state: 'FAILED' } }],
  [['show', '01KAH'], { kind: 'run', command: show, args: ['01KAH'] }],
])('%j is understood', (argv, expected) => {
  expect(parseArguments(argv, COMMANDS)).toMatchObject(expected);
});

test.each([
  [['tsks'], 'there is no command "tsks"; there is tasks, show', 'Did you mean `bosun tasks`?'],
  [['help', 'xyzzy'], 'there is no command "xyzzy"', 'Run `bosun --help`'],
  [['tasks', '--sate', 'X'], 'has no option --sate; did you mean --state?', 'Run `bosun tasks --help`'],
  [['tasks', '--colour'], 'has no option --colour; it takes --state, --json', 'Run `bosun tasks --help`'],
  [['show', '--x', 'y'], 'has no option --x; it takes none', 'Run `bosun show --help`'],
  [['tasks', '--state'], '--state needs STATE', 'Run `bosun tasks --help`'],
  [['tasks', '--state', '--json'], '--state needs STATE', 'Run `bosun tasks --help`'],
  [['tasks', '--json=yes'], '--json takes no value, found "yes"', 'Run `bosun tasks --help`'],
  [['tasks', '01KAH'], 'does not know what to do with "01KAH"', 'Run `bosun tasks --help`'],
  [['show'], '"bosun show" needs ID', 'Run `bosun show --help`'],
  [['tasks', '--__proto__'], 'has no option --__proto__', 'Run `bosun tasks --help`'],
])('%j is a mistake with a way out', (argv, message, remedy) => {
  const parsed = parseArguments(argv, COMMANDS);
  expect(parsed).toMatchObject({
    kind: 'mistake',
    message: expect.stringContaining(message) as string,
    remedy: expect.stringContaining(remedy) as string,
  });
});

test('usage names every command with its summary, in columns', () => {
  expect(renderUsage(COMMANDS)).toContain('  tasks    List tasks\n  show ID  Tell one\n');
});

test('help of a command shows its options and examples', () => {
  const help = renderCommandHelp(tasks);
  expect(help).toContain('Usage: bosun tasks [options]');
  expect(help).toContain('  --state STATE  only these\n  --json         one document');
  expect(help).toContain('Examples:\n  bosun tasks --json');
});
