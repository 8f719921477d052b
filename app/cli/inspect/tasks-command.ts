import { TASK_STATES, type TaskState } from '../../../protocol/index.ts';
import { formatUsd, noteUnsettled } from '../../budget/money.ts';
import type { Task } from '../../task/task.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { paintState, stateOf } from './paint-state.ts';
import { renderColumns } from './render-columns.ts';
import { taskDocument } from '../../control/task-document.ts';
import { withStores } from './with-stores.ts';

const DEFAULT_LIMIT = 30;
const MOST = 1_000;

/** `bosun tasks`: the newest tasks, a line each. */
export const tasksCommand: CliCommand = {
  name: 'tasks',
  summary: 'List tasks, the newest first',
  positional: [],
  flags: {
    state: { type: 'string', value: 'STATE', description: `only tasks in this state: ${TASK_STATES.join(', ')}` },
    limit: { type: 'string', value: 'N', description: `at most N tasks (default ${DEFAULT_LIMIT})` },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: ['bosun tasks', 'bosun tasks --state RUNNING', 'bosun tasks --json | jq .tasks[0].id'],
  async run({ flags, output }) {
    const state = flags['state'] === undefined ? null : String(flags['state']).toUpperCase();
    if (state !== null && !isState(state)) {
      output.problem(`there is no state "${state}"`, `Use one of ${TASK_STATES.join(', ')}.`);
      return EXIT.usage;
    }
    const limit = Number(flags['limit'] ?? DEFAULT_LIMIT);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      const found = String(flags['limit']);
      output.problem(
        `--limit takes a whole number from 1 to ${MOST}, found "${found}"`,
        'Example: bosun tasks --limit 50',
      );
      return EXIT.usage;
    }
    return withStores(output, async (stores) => {
      const tasks = await stores.tasks.list({ ...(state === null ? {} : { states: [state] }), limit });
      if (output.json) {
        output.document({ tasks: tasks.map(taskDocument) });
      } else if (tasks.length === 0) {
        output.result(
          state === null ? 'No tasks yet. Comment /implement on an issue to start one.' : `No task is ${state}.`,
        );
      } else {
        output.result(renderTasks(tasks, output));
      }
      return EXIT.done;
    });
  },
};

function isState(word: string): word is TaskState {
  return (TASK_STATES as readonly string[]).includes(word);
}

function renderTasks(tasks: readonly Task[], output: Output): string {
  const head = ['ID', 'STATE', 'ISSUE', 'SPENT', 'CREATED (UTC)', 'TITLE'].map((text) => ({
    text,
    paint: output.quiet,
  }));
  const rows = tasks.map((task) => [
    { text: task.id },
    { text: stateOf(task), paint: (text: string) => paintState(task, text, output) },
    { text: `${task.repository.owner}/${task.repository.name}#${task.thread.number}` },
    { text: `$${formatUsd(task.spentNano)} of $${formatUsd(task.budgetNano)}${noteUnsettled(task)}` },
    { text: task.createdAt.toISOString().slice(0, 16).replace('T', ' ') },
    { text: shorten(printable(task.text.title)) },
  ]);
  return renderColumns([head, ...rows]);
}

function shorten(title: string): string {
  const characters = Array.from(title);
  return characters.length > 50 ? `${characters.slice(0, 49).join('')}…` : title;
}
