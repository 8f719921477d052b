import { describeCap, leftOf } from '../../budget/scopes.ts';
import { formatUsd, wholeCents } from '../../budget/money.ts';
import { topUp, topUpFactsOf, type TopUpResult } from '../../control/top-up.ts';
import { OPERATOR, type NanoUsd, type Task } from '../../task/task.ts';
import type { ControlCall, ControlOutcome } from './control-command.ts';

/** `bosun budget ID +5`. */
export async function topUpTask(addNano: NanoUsd, call: ControlCall): Promise<ControlOutcome> {
  const { now, server, stores, task } = call;
  const result = await topUp(
    { task, addNano, by: OPERATOR, now, key: `cli/budget/${task.id}/${now.toISOString()}` },
    { tasks: stores.tasks, facts: topUpFactsOf(task, server) },
  );
  const after = result.code === 'raised' ? result.task : task;
  return { code: result.code, task: after, ...describe(result, task) };
}

function describe(result: TopUpResult, task: Task): Pick<ControlOutcome, 'sentence' | 'remedy'> {
  switch (result.code) {
    case 'raised': {
      const goes = result.resumed ? ' It continues.' : '';
      return { sentence: `Task ${task.id} may now spend $${formatUsd(result.task.budgetNano)}.${goes}`, remedy: null };
    }
    case 'never_fits':
      return {
        sentence: `the budget cannot be raised that far: ${result.note ?? 'a cap does not allow it'}`,
        remedy: `Add at most $${formatUsd(Math.max(0, wholeCents(result.mostNano)))}, or raise the cap.`,
      };
    case 'scope_full': {
      const { scope } = result;
      return {
        sentence: `the ${describeCap(scope)} has only $${formatUsd(leftOf(scope))} left`,
        remedy: `Add less, or wait until it resets at ${scope.resetsAt.toISOString()}.`,
      };
    }
    case 'already_ended':
      return {
        sentence: `task ${task.id} ended as ${task.state}`,
        remedy: `Run it again with \`bosun retry ${task.id}\`.`,
      };
  }
}
