import { isTerminal } from '../../protocol/index.ts';
import { noteUnsettled } from '../budget/money.ts';
import type { CheckRunContent } from '../github/github.ts';
import { openQuestion } from '../task/question.ts';
import type { Task } from '../task/task.ts';
import type { RenderOptions, ReportFacts } from './report-facts.ts';
import type { Approval } from './approval/decide-approval.ts';
import { codeSpan, joinBlocks, oneLine } from './render/escape-text.ts';
import { formatDollars } from './render/format-facts.ts';
import { renderCostTable, renderLeft, renderSpent, spentOf } from './render/render-cost.ts';
import { renderState } from './render/render-state.ts';

/** Name of the check run, one per published head. */
export const CHECK_RUN_NAME = 'Bosun';

const MAX_TITLE_CHARS = 200;
const MAX_SUMMARY_CHARS = 60_000;

/** Buttons of the check run. A click arrives as `check_run.requested_action`; the identifiers are names of commands. */
const ACTIONS = {
  retry: { label: 'Retry', description: 'Run the task again', identifier: 'retry' },
  cancel: { label: 'Cancel', description: 'End the task, keep its work', identifier: 'cancel' },
  release: { label: 'Release', description: 'Publish it; you have looked at it' },
  accept: { label: 'Accept as is', description: 'Take it; you have looked at it' },
  budget: { label: 'Add budget', description: 'Add 5 USD and continue', identifier: 'budget' },
} as const;

/** The check run of a task: the facts of the comment, for those who look at the pull request. */
export function renderCheckRun(
  facts: ReportFacts,
  options: RenderOptions,
  approval: Approval | null = null,
): CheckRunContent {
  const { task } = facts;
  const view = renderState(facts, options);
  const spent = `${formatDollars(spentOf(facts))} of ${formatDollars(task.budgetNano)}${noteUnsettled(task)}`;
  // What would let the pull request be merged.
  const isPassing = task.state === 'COMPLETED' && conclusionOf(task) !== 'failure';
  const isUnapproved = approval !== null && approval.by === null && isPassing;
  const title = `${isUnapproved ? 'Waiting for an approval · ' : ''}${view.headline} · ${spent}`;
  const summary = [
    [renderSpent(facts), renderLeft(facts), ...view.facts.filter((fact) => !fact.endsWith(' left'))].join(' · '),
    ...(approval === null ? [] : [renderApproval(task, approval)]),
    ...view.body,
    ...(view.next === null ? [] : [`**Next:** ${view.next}`]),
    ...(view.folds ?? []),
    renderCostTable(facts.totals),
  ];
  const url = options.taskUrl?.(task.id);
  return {
    ...endOf(task),
    ...(isUnapproved && { conclusion: 'action_required' as const }),
    title: oneLine(title.replaceAll('`', ''), MAX_TITLE_CHARS),
    summary: joinBlocks(summary, MAX_SUMMARY_CHARS),
    ...(url && { detailsUrl: url }),
    ...(task.startedAt && { startedAt: task.startedAt }),
    actions: actionsOf(task),
  };
}

/** Who has to approve, or who did. Names are shown as code, so that nobody is notified. */
function renderApproval({ requestedBy }: Task, { by, headSha }: Approval): string {
  const commit = codeSpan(headSha.slice(0, 12));
  return by === null
    ? `**Approval:** somebody with write access, other than ${codeSpan(requestedBy.login)}, has to approve ${commit} (\`human_approval\` in \`.github/bosun.yml\`). A new commit needs a new approval.`
    : `**Approval:** ${codeSpan(by.login)} approved ${commit}.`;
}

/** The check run of a head that a later one of the same task has replaced. */
export function renderReplacedCheckRun(headSha: string, approval: Approval | null): CheckRunContent {
  return {
    status: 'completed',
    // Where an approval counts, a branch that is set back must not pass without one.
    conclusion: approval === null ? 'neutral' : 'action_required',
    title: 'Replaced by a later commit',
    summary: `The task continued; its state is shown on \`${headSha}\`.`,
    actions: [],
  };
}

function endOf(task: Task): Pick<CheckRunContent, 'status' | 'conclusion' | 'completedAt'> {
  if (!isTerminal(task.state)) {
    const isWaiting = task.state === 'SUBMITTED' && task.wait !== null;
    const needsPerson = isWaiting && ['budget', 'human', 'paused', 'approval'].includes(task.wait.reason);
    return needsPerson ? { status: 'completed', conclusion: 'action_required' } : { status: 'in_progress' };
  }
  return {
    status: 'completed',
    conclusion: conclusionOf(task),
    ...(task.finishedAt && { completedAt: task.finishedAt }),
  };
}

function conclusionOf(task: Task): NonNullable<CheckRunContent['conclusion']> {
  switch (task.state) {
    case 'CANCELLED':
      return 'cancelled';
    case 'TIMED_OUT':
      return 'timed_out';
    case 'FAILED':
      return 'failure';
    default:
      return conclusionOfCompleted(task);
  }
}

function conclusionOfCompleted({ outcome }: Task): 'success' | 'failure' | 'neutral' {
  if (outcome?.kind === 'reported') {
    return 'success';
  }
  if (outcome?.kind !== 'published') {
    return 'neutral';
  }
  return outcome.verified === 'failed' ? 'failure' : 'success';
}

function actionsOf(task: Task): NonNullable<CheckRunContent['actions']> {
  if (task.state === 'COMPLETED' || task.state === 'CANCELLED') {
    return [ACTIONS.retry];
  }
  const question = openQuestion(task);
  if (question?.kind === 'release' || question?.kind === 'verdict') {
    const name = question.kind === 'release' ? 'release' : 'accept';
    return [
      { ...ACTIONS[name], identifier: `${name}-${question.subject.slice(0, 12)}` },
      ACTIONS.cancel,
      ACTIONS.retry,
    ];
  }
  return isTerminal(task.state) ? [ACTIONS.retry, ACTIONS.budget] : [ACTIONS.retry, ACTIONS.cancel, ACTIONS.budget];
}
