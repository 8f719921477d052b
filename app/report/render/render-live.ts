import { linkTo, login, plainLine } from './escape-text.ts';
import { formatDuration, formatTime } from './format-facts.ts';
import { renderLeft, spentOf } from './render-cost.ts';
import { renderSetupFailure } from './render-environment.ts';
import { renderStopCause } from './render-stop-cause.ts';
import { renderSteps } from './render-steps.ts';
import type { RenderOptions, ReportFacts } from '../report-facts.ts';
import type { StateView } from '../state-view.ts';

const WARN_SHARE = 0.8;

/** A task with an attempt under way. */
export function renderLive(facts: ReportFacts, options: RenderOptions): StateView {
  const { task } = facts;
  const failed = renderSetupFailure(facts.attempt?.environment ?? null);
  const body = [renderSteps(facts), ...(failed === '' ? [] : [failed]), ...budgetWarning(facts)];
  return {
    icon: ICONS[task.state as LiveState],
    headline: headlineOf(facts),
    facts: [renderLeft(facts), ...timesOf(facts)],
    body,
    next: options.taskUrl
      ? `${linkTo('follow it live', { url: options.taskUrl(task.id), serverUrl: new URL(options.taskUrl(task.id)).origin })}, or stop it with \`/cancel\`.`
      : '`/cancel` stops it, `/status` shows more.',
    notifies: false,
  };
}

type LiveState = 'HYDRATING' | 'RUNNING' | 'FINALIZING';
const ICONS: Record<LiveState, string> = { HYDRATING: '📖', RUNNING: '🔨', FINALIZING: '🔎' };
const HEADLINES: Record<LiveState, string> = {
  HYDRATING: 'Reading',
  RUNNING: 'Working on it',
  FINALIZING: 'Checking the changes',
};

function headlineOf({ task }: ReportFacts): string {
  if (task.stop) {
    const doing = task.stop.kind === 'cancel' ? 'Cancelling' : 'Pausing';
    const why = task.stop.event === undefined ? `, as ${login(task.stop.by.login)} asked` : renderStopCause(task.stop);
    return `${doing}${why}; the work so far is being saved`;
  }
  return HEADLINES[task.state as LiveState];
}

function timesOf({ task, attempt }: ReportFacts): string[] {
  const startedAt = attempt?.startedAt ?? task.startedAt;
  const limit = `at most ${formatDuration(task.settings.timeoutMs)}`;
  return startedAt ? [`started ${formatTime(startedAt)}, ${limit}`] : [];
}

function budgetWarning(facts: ReportFacts): string[] {
  const { budgetNano } = facts.task;
  const share = budgetNano > 0 ? spentOf(facts) / budgetNano : 0;
  if (share < WARN_SHARE) {
    return [];
  }
  const percent = Math.floor(share * 100);
  return [
    `> ${plainLine(`${percent} % of the budget is used. When it is used up, the work so far becomes a draft and the task pauses.`)}`,
  ];
}
