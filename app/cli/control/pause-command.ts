import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { withStores } from '../inspect/with-stores.ts';
import type { Output } from '../output.ts';
import { OPERATOR } from '../../task/task.ts';
import { stopAs } from './cancel-command.ts';
import { controlTask, JSON_FLAG } from './control-command.ts';
import { readTarget } from './read-target.ts';

/** `bosun pause ID`, and `bosun pause --all`: one row that stops every claim of every process. */
export const pauseCommand: CliCommand = {
  name: 'pause',
  summary: 'Pause a task, or let no task start with --all',
  positional: ['[ID]'],
  flags: {
    all: { type: 'boolean', description: 'let no task of this server start; those that run go on' },
    note: { type: 'string', value: 'TEXT', description: 'why, for people to read; with --all' },
    ...JSON_FLAG,
  },
  examples: ['bosun pause 01KAH3M8RZ0W6Y2F4T5N7Q9XCD', 'bosun pause --all --note "the database moves"'],
  async run({ args, flags, output }) {
    const target = readTarget({ name: 'pause', args, flags, output });
    if (target === null) {
      return EXIT.usage;
    }
    if (target.kind === 'task') {
      return controlTask(target.id, { flags, output, act: (call) => stopAs('pause', call) });
    }
    const note = typeof flags['note'] === 'string' ? flags['note'] : null;
    return withStores(output, async (stores) => {
      const pause = await stores.pause.set({ by: OPERATOR.login, at: new Date(), note });
      report(output, { paused: true, since: pause.at.toISOString(), note: pause.note }, [
        `No task starts since ${pause.at.toISOString()}. Those that run go on.`,
        '`bosun resume --all` lets tasks start again.',
      ]);
      return EXIT.done;
    });
  },
};

export function report(output: Output, document: unknown, lines: readonly string[]): void {
  if (output.json) {
    output.document(document);
  } else {
    output.result(lines.join('\n'));
  }
}
