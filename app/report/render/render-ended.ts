import { verifyCommandOf } from '../../task/environment/verify-command.ts';
import { renderSetupFailure } from './render-environment.ts';
import type { Outcome } from '../../task/outcome.ts';
import type { RenderOptions, ReportFacts } from '../report-facts.ts';
import { frame } from '../../text/outgoing/frame.ts';
import { codeSpan, login } from './escape-text.ts';
import { formatDuration, formatMany } from './format-facts.ts';
import { renderFailure } from './render-failure.ts';
import { renderBranch, renderSavedWork } from './render-saved-work.ts';
import { renderStopCause } from './render-stop-cause.ts';
import { renderVerdict } from './render-verdict.ts';
import { renderLeftOut, renderWithheld } from './render-withheld.ts';
import type { StateView } from '../state-view.ts';

const MAX_SUMMARY_CHARS = 6_000;

/** A task that has ended: how, its result, what was saved, what to do now. */
export function renderEnded(facts: ReportFacts, options: RenderOptions): StateView {
  const { task } = facts;
  if (task.state === 'CANCELLED') {
    return renderCancelled(facts, options);
  }
  if (task.failure || task.state !== 'COMPLETED') {
    return renderFailed(facts, options);
  }
  return renderCompleted(facts, options);
}

function renderCompleted(facts: ReportFacts, options: RenderOptions): StateView {
  const { task } = facts;
  const outcome = task.outcome;
  const isSummaryShown =
    outcome !== null && ['no_changes', 'nothing_to_do', 'question', 'reported'].includes(outcome.kind);
  const summary = summaryOf(outcome, { folded: !isSummaryShown, clean: options.clean });
  const where = task.publication.headSha ? whereOf(facts, options) : '';
  return {
    ...headOf(facts),
    facts: factsOf(facts),
    body: present([
      where,
      isSummaryShown ? summary : '',
      ...renderVerdict(task.verdict),
      renderSetupFailure(facts.attempt?.environment ?? null),
      renderWithheld(outcome?.withheld ?? []),
      renderLeftOut(outcome?.leftOut ?? []),
    ]),
    folds: isSummaryShown ? [] : [summary],
    notifies: true,
  };
}

function headOf({ task }: ReportFacts): Pick<StateView, 'icon' | 'headline' | 'next'> {
  const { outcome, publication } = task;
  const pull = publication.pullNumber === null ? null : `#${publication.pullNumber}`;
  switch (outcome?.kind) {
    case 'no_changes':
      return {
        icon: '⚪',
        headline: 'Nothing was changed',
        next: 'add what is missing to the issue, then comment `/retry`.',
      };
    case 'nothing_to_do':
      return { icon: '✅', headline: 'There was nothing to do', next: null };
    case 'question':
      return { icon: '💬', headline: 'Bosun has questions', next: 'answer in a comment, then comment `/retry`.' };
    case 'reported':
      return { icon: '✅', headline: 'The result is below', next: null };
    case 'dry_run':
      return {
        icon: '🧪',
        headline: 'The dry run has finished; nothing was pushed',
        next: 'look at the patch on the server, then comment `/implement` to run the task for real.',
      };
    case 'partial':
      return {
        icon: '🟡',
        headline: pull ? `Draft pull request ${pull} contains part of the work` : 'Part of the work was pushed',
        next: `${pull ? `look at ${pull}` : 'look at the branch'}, then comment \`/retry\` to continue from there.`,
      };
    default:
      return headOfPublished(task, pull);
  }
}

function headOfPublished(
  { outcome, requestedBy, settings, verdict }: ReportFacts['task'],
  pull: string | null,
): Pick<StateView, 'icon' | 'headline' | 'next'> {
  const verified = outcome?.verified;
  const needsOther = settings.humanApproval?.notRequester === true && pull !== null;
  const approval = needsOther ? ` Somebody other than ${codeSpan(requestedBy.login)} has to approve it.` : '';
  const isReady = settings.verdict?.readyWhenPassed === true && verdict?.verdict.kind === 'PASSED';
  const what = pull ? `${isReady ? 'Pull' : 'Draft pull'} request ${pull}` : 'The branch';
  if (verdict?.accepted !== undefined) {
    return {
      icon: '✅',
      headline: `${what} was accepted as it is by ${login(verdict.accepted.by.login)}`,
      next: `review ${pull ?? 'the branch'}.${approval}`,
    };
  }
  if (verified === 'failed') {
    return {
      icon: '⚠️',
      headline: `${what} is ready, but the verify command failed`,
      next: `look at ${pull ?? 'the branch'}; comment here what is missing, then \`/retry\`.`,
    };
  }
  return {
    icon: '✅',
    headline: `${what} is ready for your review`,
    next: `review ${pull ?? 'the branch'}.${approval} If something is missing, comment here what it is, then \`/retry\`.`,
  };
}

function renderFailed(facts: ReportFacts, options: RenderOptions): StateView {
  const { task } = facts;
  const kept = renderSavedWork(facts, options);
  const isTimeout = task.state === 'TIMED_OUT';
  const failure = task.failure;
  const told = failure ? renderFailure(failure, { kept, requester: task.requestedBy }) : `**What was kept:** ${kept}`;
  return {
    icon: isTimeout ? '⌛' : '❌',
    headline: failure?.title ?? 'The task failed',
    facts: factsOf(facts),
    body: present([
      told,
      ...renderVerdict(task.verdict),
      renderSetupFailure(facts.attempt?.environment ?? null),
      renderWithheld(task.outcome?.withheld ?? []),
      renderLeftOut(task.outcome?.leftOut ?? []),
    ]),
    folds: [summaryOf(task.outcome, { folded: true, clean: options.clean })],
    next: failure ? null : 'comment `/retry`; it is safe to run the task again.',
    notifies: true,
  };
}

function renderCancelled(facts: ReportFacts, options: RenderOptions): StateView {
  const { task } = facts;
  return {
    icon: '⏹️',
    headline: task.stop === null ? 'Cancelled' : `Cancelled${renderStopCause(task.stop)}`,
    facts: factsOf(facts),
    body: present([
      `**What was kept:** ${renderSavedWork(facts, options)}`,
      ...renderVerdict(task.verdict),
      renderWithheld(task.outcome?.withheld ?? []),
      renderLeftOut(task.outcome?.leftOut ?? []),
    ]),
    next:
      task.stop?.event === 'closed'
        ? 'nothing is running any more. To continue from the saved work, reopen the issue and comment `/retry`.'
        : 'nothing is running any more. Comment `/retry` to continue from the saved work.',
    notifies: false,
  };
}

function whereOf({ task }: ReportFacts, options: RenderOptions): string {
  const head = task.publication.headSha?.slice(0, 7) ?? '';
  const base = task.baseBranch === null ? '' : ` → ${codeSpan(task.baseBranch)}`;
  return `${renderBranch(task, options)}${base} · ${codeSpan(head)}`;
}

/** Duration, turns, files and the verify command, as far as they are known. */
function factsOf({ attempt, task }: ReportFacts): string[] {
  const { outcome, startedAt, finishedAt } = task;
  const facts = startedAt && finishedAt ? [formatDuration(finishedAt.getTime() - startedAt.getTime())] : [];
  if (!outcome) {
    return facts;
  }
  if (outcome.turns > 0) {
    facts.push(formatMany(outcome.turns, 'turn'));
  }
  if (outcome.filesChanged > 0) {
    facts.push(`${formatMany(outcome.filesChanged, 'file')} changed`);
  }
  if (outcome.commits > 0) {
    const verify = verifyCommandOf(task, attempt);
    const command = verify === null ? '' : ` ${codeSpan(verify, 80)}`;
    facts.push(`${VERIFIED[outcome.verified]}${outcome.verified === 'not_run' ? '' : command}`);
  }
  return facts;
}

const VERIFIED: Record<Outcome['verified'], string> = {
  passed: 'verified by',
  failed: 'failed:',
  not_run: 'not verified',
};

function summaryOf(outcome: Outcome | null, how: { folded: boolean; clean: RenderOptions['clean'] }): string {
  const shape = { maxLength: MAX_SUMMARY_CHARS, ...(how.folded ? {} : { frame: 'quote' as const }) };
  const summary = how.clean(outcome?.summary ?? '', shape);
  if (summary === '') {
    return '';
  }
  if (!how.folded) {
    return frame(summary, 'quote');
  }
  return `<details><summary>Summary by the agent</summary>\n\n${summary}\n\n</details>`;
}

function present(blocks: readonly string[]): string[] {
  return blocks.filter((block) => block !== '');
}
