import type { TaskState, WaitReason } from '../../../protocol/index.ts';
import { describeBlock } from '../../budget/describe-block.ts';
import { isNearlySpent } from '../../budget/decide-warnings.ts';
import { shareUnder, type Calibration } from '../../budget/quote.ts';
import { formatUsd, noteUnsettled } from '../../budget/money.ts';
import type { Task } from '../../task/task.ts';
import { accepted, budgetLimits, type AdmissionOptions, type Answer, type CommandRequest } from '../context.ts';
import { renderWarning } from './render-budgets.ts';

const SHOWN = 10;

/** `/status`: this thread's task, and what else runs and waits in the repository. */
export async function showStatus(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const { repository, thread } = order.incoming;
  const { tasks } = options.stores;
  const own =
    (await tasks.findActive(repository.id, thread.number)) ?? (await tasks.findLatest(repository.id, thread.number));
  const live = await tasks.list({
    repositoryId: repository.id,
    states: ['SUBMITTED', 'HYDRATING', 'RUNNING', 'FINALIZING'],
    limit: SHOWN,
  });
  const others = live.filter((task) => task.id !== own?.id);
  const lines = [
    own === null ? 'No task has run on this thread. Comment `/implement` to start one.' : await describe(own, options),
  ];
  if (others.length > 0) {
    lines.push('', 'Other tasks of this repository:', '', '| Issue | Task | State | Spent |', '|--:|---|---|--:|');
    lines.push(
      ...others.map(
        (task) =>
          `| #${task.thread.number} | \`${task.id}\` | ${stateOf(task)} | $${formatUsd(task.spentNano)}${noteUnsettled(task)} |`,
      ),
    );
  }
  const limits = budgetLimits(options.server, order.config);
  const scopes = await options.stores.budgets.scopes({ repositoryId: repository.id, now: order.now, limits });
  const warnings = scopes.filter(isNearlySpent).map(renderWarning);
  lines.push(...(warnings.length === 0 ? [] : ['', ...warnings]));
  const calibration = await options.stores.quotes.calibration(repository.id);
  lines.push('', describeCalibration(calibration));
  return accepted('status shown', lines.join('\n'));
}

/** How far people may trust the quotes of this repository. */
function describeCalibration(calibration: Calibration): string {
  const share = shareUnder(calibration);
  if (share === null) {
    return `Quotes: too few tasks of this repository were quoted to tell how good they are (${calibration.quoted}).`;
  }
  const note = share < 0.8 ? ' Quotes are widened until it is 80 % again.' : '';
  return `Quotes: ${Math.round(share * 100)} % of the last ${calibration.quoted} tasks cost no more than their upper value.${note}`;
}

async function describe(task: Task, options: AdmissionOptions): Promise<string> {
  const parts = [
    `Task \`${task.id}\`: **${stateOf(task)}**, $${formatUsd(task.spentNano)} of $${formatUsd(task.budgetNano)} spent${noteUnsettled(task)}.`,
  ];
  const position = task.state === 'SUBMITTED' ? await options.stores.tasks.position(task.id) : null;
  if (position !== null) {
    parts.push(
      `Position ${position.position} of ${position.waiting} in the queue of this repository, ${position.running} running.${position.block === null ? '' : ` It waits because ${describeBlock(position.block)}.`}`,
    );
  }
  if (task.publication.pullUrl !== null) {
    parts.push(`Pull request: ${task.publication.pullUrl}`);
  }
  return parts.join(' ');
}

const STATES: Readonly<Record<TaskState, string>> = {
  SUBMITTED: 'waiting',
  HYDRATING: 'reading',
  RUNNING: 'working',
  FINALIZING: 'checking the changes',
  COMPLETED: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TIMED_OUT: 'timed out',
};

const WAITS: Readonly<Record<WaitReason, string>> = {
  slot: 'waiting for a free slot',
  budget: 'waiting for the budget',
  approval: 'waiting for approval',
  dependency: 'waiting for another task',
  github: 'waiting for GitHub',
  model: 'waiting for the model provider',
  backoff: 'waiting before the next attempt',
  human: 'waiting for an answer',
  paused: 'paused',
};

function stateOf(task: Task): string {
  const state = task.wait === null ? STATES[task.state] : WAITS[task.wait.reason];
  const note = task.wait?.note ?? task.failure?.title ?? null;
  return note === null ? state : `${state} (${note})`;
}
