import { TASK_STATES, type TaskState } from '../../../protocol/index.ts';
import { formatUsd } from '../../budget/money.ts';
import type { Task } from '../../task/task.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { withStores } from './with-stores.ts';

const DEFAULT_LIMIT = 30;

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
    if (state !== null && !(TASK_STATES as readonly string[]).includes(state)) {
      output.problem(`there is no state "${state}"`, `Use one of ${TASK_STATES.join(', ')}.`);
      return EXIT.usage;
    }
    const limit = Number(flags['limit'] ?? DEFAULT_LIMIT);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      output.problem(`--limit takes a whole number from 1 to 1000, found "${String(flags['limit'])}"`, 'Example: bosun tasks --limit 50');
      return EXIT.usage;
    }
    return withStores(output, async (stores) => {
      const tasks = await stores.tasks.list({ ...(state === null ? {} : { states: [state as TaskState] }), limit });
      if (output.json) {
        output.document({ tasks: tasks.map(summarize) });
      } else if (tasks.length === 0) {
        output.result('No tasks yet. Say /implement on an issue to start one.');
      } else {
        output.result(renderTable(tasks));
      }
      return EXIT.done;
    });
  },
};

function summarize(task: Task): object {
  return {
    id: task.id,
    state: task.state,
    wait: task.wait,
    repository: `${task.repository.owner}/${task.repository.name}`,
    issue: task.thread.number,
    requested_by: task.requestedBy.login,
    budget_usd: formatUsd(task.budgetNano),
    spent_usd: formatUsd(task.spentNano),
    pull_request: task.publication.pullUrl,
    created_at: task.createdAt,
    finished_at: task.finishedAt,
  };
}

function renderTable(tasks: readonly Task[]): string {
  const rows = tasks.map((task) => [
    task.id,
    task.wait === null ? task.state : `${task.state} (${task.wait.reason})`,
    `${task.repository.owner}/${task.repository.name}#${task.thread.number}`,
    `$${formatUsd(task.spentNano)} of $${formatUsd(task.budgetNano)}`,
    task.createdAt.toISOString().slice(0, 16).replace('T', ' '),
  ]);
  const all = [['ID', 'STATE', 'ISSUE', 'SPENT', 'CREATED (UTC)'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}
