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
  summary: 'Pause a task, or with --all stop new tasks from starting',
  positional: ['[ID]'],
  flags: {
    all: { type: 'boolean', description: 'start no further task on this server; running tasks continue' },
    note: { type: 'string', value: 'TEXT', description: 'the reason to show to people; only with --all' },
    ...JSON_FLAG,
  },
  examples: ['bosun pause 01KAH3M8RZ0W6Y2F4T5N7Q9XCD', 'bosun pause --all --note "database migration"'],
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
        `Paused since ${pause.at.toISOString()}: no new task starts, running tasks continue.`,
        'Run `bosun resume --all` to let tasks start again.',
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
