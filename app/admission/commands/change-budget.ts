import { suggestTopUp } from '../../budget/decide-top-up.ts';
import { formatUsd, wholeCents } from '../../budget/money.ts';
import { describeCap, leftOf } from '../../budget/scopes.ts';
import { topUp, topUpFactsOf, type TopUpResult } from '../../control/top-up.ts';
import { isLive } from '../../store/rules/task-facts.ts';
import type { NanoUsd, Task } from '../../task/task.ts';
import {
  accepted,
  budgetLimits,
  refused,
  type AdmissionOptions,
  type Answer,
  type CommandRequest,
} from '../context.ts';
import { findActive } from './control-task.ts';
import { renderBudgets } from './render-budgets.ts';

/** `/budget` shows what is spent and left in every scope; `/budget +5` adds to the task and lets it continue. */
export async function changeBudget(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const task = await findActive(order, options);
  const addNano = order.command.kind === 'command' ? order.command.flags.addNano : undefined;
  if (addNano === undefined) {
    return accepted('budget shown', await showBudgets(order, options, task));
  }
  if (task === null) {
    return refuseEnded();
  }
  const { sender } = order.incoming;
  const by = { id: sender.id, login: sender.login };
  const result = await topUp(
    { task, addNano, by, key: order.semanticKey, now: order.now },
    { tasks: options.stores.tasks, facts: topUpFactsOf(task, options.server) },
  );
  return renderTopUp(result, { task, addNano });
}

function renderTopUp(result: TopUpResult, { task, addNano }: { task: Task; addNano: NanoUsd }): Answer {
  switch (result.code) {
    case 'raised':
      return accepted(`raised task ${task.id} by ${formatUsd(addNano)} USD`);
    case 'already_ended':
      return refuseEnded();
    case 'never_fits': {
      const fitsNano = wholeCents(result.mostNano);
      const remedy =
        fitsNano > 0
          ? `Comment \`/budget +${formatUsd(fitsNano)}\` or less, or ask the operator to raise the cap.`
          : 'Ask the operator to raise the cap, or split what is left into another issue.';
      return refused(
        'budget impossible',
        `Task \`${task.id}\` has a budget of $${formatUsd(task.budgetNano)}, and $${formatUsd(addNano)} cannot be added: ${result.note}. ${remedy}`,
      );
    }
    case 'scope_full': {
      const { fitsNano, scope } = result;
      const remedy = fitsNano === null ? 'Nothing more fits' : `Comment \`/budget +${formatUsd(fitsNano)}\` or less`;
      return refused(
        'budget full',
        `The ${describeCap(scope)} has $${formatUsd(scope.spentNano)} spent, $${formatUsd(scope.reservedNano)} reserved and $${formatUsd(leftOf(scope))} left, so $${formatUsd(addNano)} more does not fit. ${remedy} before it resets at ${scope.resetsAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
      );
    }
  }
}

function refuseEnded(): Answer {
  return refused(
    'nothing to top up',
    'No task is running or waiting on this thread. Comment `/retry --budget <usd>` to run the last one again, or `/implement --budget <usd>` to start one.',
  );
}

async function showBudgets(order: CommandRequest, options: AdmissionOptions, task: Task | null): Promise<string> {
  const { attempts, budgets } = options.stores;
  const limits = budgetLimits(options.server, order.config);
  const scopes = await budgets.scopes({ repositoryId: order.incoming.repository.id, now: order.now, limits });
  if (task === null) {
    return renderBudgets({ scopes, task: null, timeZone: limits.timeZone }, order.now);
  }
  const live = isLive(task);
  const attempt = live ? await attempts.find({ taskId: task.id, epoch: task.epoch }) : null;
  const suggestedNano = suggestTopUp(topUpFactsOf(task, options.server), live ? scopes : null);
  return renderBudgets({ scopes, task: { task, attempt, suggestedNano }, timeZone: limits.timeZone }, order.now);
}
