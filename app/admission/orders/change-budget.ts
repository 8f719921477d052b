import { decideTopUp, suggestTopUp, type TopUpFacts } from '../../budget/decide-top-up.ts';
import { formatUsd, wholeCents } from '../../budget/money.ts';
import { describeCap, roomOf } from '../../budget/scopes.ts';
import { isLive } from '../../store/rules/task-facts.ts';
import type { NanoUsd, Task } from '../../task/task.ts';
import { accepted, budgetLimits, refused, type AdmissionOptions, type Answer, type Order } from '../context.ts';
import { findActive } from './control-task.ts';
import { renderBudgets } from './render-budgets.ts';

/** `/budget` shows what is spent and left in every scope; `/budget +5` adds to the task and lets it go on. */
export async function changeBudget(order: Order, options: AdmissionOptions): Promise<Answer> {
  const task = await findActive(order, options);
  const addNano = order.command.kind === 'command' ? order.command.flags.addNano : undefined;
  if (addNano === undefined) {
    return accepted('budget shown', await showBudgets(order, options, task));
  }
  if (task === null) {
    return refused(
      'nothing to top up',
      'Nothing is running or waiting on this thread. Say `/implement --budget <usd>` to start a task with its own budget.',
    );
  }
  const never = refuseImpossible(task, addNano, factsOf(task, order, options));
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
    const { scope } = raised;
    const fits = suggestTopUp(factsOf(task, order, options), [scope]);
    const less = fits === null ? 'Nothing more fits' : `Say \`/budget +${formatUsd(fits)}\` or less`;
    return refused(
      'budget full',
      `The ${describeCap(scope)} has $${formatUsd(scope.spentNano)} spent, $${formatUsd(scope.reservedNano)} reserved and $${formatUsd(roomOf(scope))} left, so $${formatUsd(addNano)} more does not fit. ${less} before it resets at ${scope.resetsAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    );
  }
  if (raised.task.state === 'SUBMITTED' && raised.task.wait?.reason === 'budget') {
    const event = { kind: 'task.resumed' as const, data: { by: sender.login } };
    await options.stores.tasks.resume({ taskId: task.id, now: order.now, event });
  }
  return accepted(`raised task ${task.id} by ${formatUsd(addNano)} USD`);
}

function factsOf(task: Task, order: Order, { server }: AdmissionOptions): TopUpFacts {
  const limits = budgetLimits(server, order.config);
  return {
    budgetNano: task.budgetNano,
    spentNano: task.spentNano,
    taskCapNano: server.limits.taskBudgetNano,
    limits,
  };
}

/** Money that no cap will ever allow is refused now: added, it would leave the task waiting for good. */
function refuseImpossible(task: Task, addNano: NanoUsd, facts: TopUpFacts): Answer | null {
  const most = decideTopUp(facts);
  if (addNano <= most.mostNano) {
    return null;
  }
  const fitsNano = wholeCents(most.mostNano);
  const wayOut =
    fitsNano > 0
      ? `Say \`/budget +${formatUsd(fitsNano)}\` or less, or let the operator raise the cap.`
      : 'Let the operator raise the cap, or split what is left into another issue.';
  return refused(
    'budget impossible',
    `Task \`${task.id}\` has $${formatUsd(task.budgetNano)}, and $${formatUsd(addNano)} more can never be met: ${most.note}. ${wayOut}`,
  );
}

async function showBudgets(order: Order, options: AdmissionOptions, task: Task | null): Promise<string> {
  const { attempts, budgets } = options.stores;
  const limits = budgetLimits(options.server, order.config);
  const scopes = await budgets.scopes({ repositoryId: order.incoming.repository.id, now: order.now, limits });
  if (task === null) {
    return renderBudgets({ scopes, task: null, timeZone: limits.timeZone }, order.now);
  }
  const live = isLive(task);
  const attempt = live ? await attempts.find({ taskId: task.id, epoch: task.epoch }) : null;
  const suggestedNano = suggestTopUp(factsOf(task, order, options), live ? scopes : null);
  return renderBudgets({ scopes, task: { task, attempt, suggestedNano }, timeZone: limits.timeZone }, order.now);
}
