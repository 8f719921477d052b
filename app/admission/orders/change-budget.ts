import { decideBudgetPossible } from '../../budget/decide-limits.ts';
import { formatUsd } from '../../budget/money.ts';
import type { ScopeState } from '../../store/stores.ts';
import type { NanoUsd, Task } from '../../task/task.ts';
import { accepted, budgetLimits, refused, type AdmissionOptions, type Answer, type Order } from '../context.ts';
import { findActive } from './control-task.ts';

/** `/budget` shows what is spent and left in every scope; `/budget +5` adds to the task and lets it go on. */
export async function changeBudget(order: Order, options: AdmissionOptions): Promise<Answer> {
  const task = await findActive(order, options);
  const addNano = order.command.kind === 'command' ? order.command.flags.addNano : undefined;
  if (addNano === undefined) {
    return accepted('budget shown', await renderBudgets(order, options, task));
  }
  if (task === null) {
    return refused(
      'nothing to top up',
      'Nothing is running or waiting on this thread. Say `/implement --budget <usd>` to start a task with its own budget.',
    );
  }
  const never = refuseImpossible(task, addNano, { order, options });
  if (never !== null) {
    return never;
  }
  const { sender } = order.incoming;
  const raised = await options.stores.tasks.raiseBudget({
    taskId: task.id,
    key: order.semanticKey,
    addNano,
    by: { id: sender.id, login: sender.login },
    now: order.now,
    limits: budgetLimits(options.server, order.config),
  });
  if (!raised.raised) {
    return refused(
      'budget full',
      `${describeScope(raised.scope)}, so $${formatUsd(addNano)} more does not fit. Ask for less, or wait until it resets.`,
    );
  }
  if (raised.task.state === 'SUBMITTED' && raised.task.wait?.reason === 'budget') {
    const event = { kind: 'task.resumed' as const, data: { by: sender.login } };
    await options.stores.tasks.resume({ taskId: task.id, now: order.now, event });
  }
  return accepted(`raised task ${task.id} by ${formatUsd(addNano)} USD`);
}

/** Money that no cap will ever allow is refused now: added, it would leave the task waiting for good. */
function refuseImpossible(
  task: Task,
  addNano: NanoUsd,
  asked: { order: Order; options: AdmissionOptions },
): Answer | null {
  const { order, options } = asked;
  const taskCapNano = options.server.limits.taskBudgetNano;
  const leftNano = task.budgetNano - task.spentNano;
  const possible = decideBudgetPossible(leftNano + addNano, budgetLimits(options.server, order.config));
  const caps = [
    ...(taskCapNano === null || task.budgetNano + addNano <= taskCapNano
      ? []
      : [
          {
            note: `one task on this server may spend at most $${formatUsd(taskCapNano)}`,
            most: taskCapNano - task.budgetNano,
          },
        ]),
    ...(possible.possible ? [] : [{ note: possible.note, most: possible.mostNano - leftNano }]),
  ];
  const tightest = caps.toSorted((a, b) => a.most - b.most)[0];
  if (tightest === undefined) {
    return null;
  }
  const wayOut =
    tightest.most > 0
      ? `Say \`/budget +${formatUsd(tightest.most)}\` or less, or let the operator raise the cap.`
      : 'Let the operator raise the cap, or split what is left into another issue.';
  return refused(
    'budget impossible',
    `Task \`${task.id}\` has $${formatUsd(task.budgetNano)}, and $${formatUsd(addNano)} more can never be met: ${tightest.note}. ${wayOut}`,
  );
}

async function renderBudgets(order: Order, options: AdmissionOptions, task: Task | null): Promise<string> {
  const scopes = await options.stores.budgets.scopes({
    repositoryId: order.incoming.repository.id,
    now: order.now,
    limits: budgetLimits(options.server, order.config),
  });
  const rows = scopes.map((scope) => {
    const cap = scope.capNano === null ? 'no cap' : `$${formatUsd(scope.capNano)}`;
    return `| ${scopeName(scope)} | ${cap} | $${formatUsd(scope.spentNano)} | $${formatUsd(scope.reservedNano)} | ${scope.resetsAt.toISOString().slice(0, 16).replace('T', ' ')} UTC |`;
  });
  const own =
    task === null
      ? 'No task is running or waiting on this thread.'
      : `Task \`${task.id}\`: $${formatUsd(task.spentNano)} of $${formatUsd(task.budgetNano)} spent. Say \`/budget +5\` to add five dollars.`;
  return [own, '', '| Scope | Cap | Spent | Reserved | Resets |', '|---|--:|--:|--:|---|', ...rows].join('\n');
}

function describeScope(scope: ScopeState): string {
  return `The ${scopeName(scope)} budget is $${formatUsd(scope.capNano ?? 0)}, with $${formatUsd(scope.spentNano)} spent and $${formatUsd(scope.reservedNano)} reserved`;
}

function scopeName(scope: ScopeState): string {
  return scope.scope.split(':')[0]?.replace('-', ' / ') ?? scope.scope;
}
