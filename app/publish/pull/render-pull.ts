import { takeStart, type WorkerResult } from '../../../protocol/index.ts';
import { formatUsd, noteUnsettled } from '../../budget/money.ts';
import type { CheckResult, InconclusiveCause } from '../../task/checks/check.ts';
import { readCheck } from '../../task/checks/read-check.ts';
import type { Task } from '../../task/task.ts';
import type { ShownPull } from '../../task/shown-facts.ts';
import { createMarker, sealFacts } from '../../text/marker.ts';
import { cleanSubject } from '../commits/clean-subject.ts';
import { fillTemplate } from './fill-template.ts';
import { routeOf } from '../../task/tiers/route.ts';

export interface PullWords {
  readonly task: Task;
  readonly result: WorkerResult | null;
  readonly checks: readonly CheckResult[];
  /** The agent's summary, cleaned. */
  readonly summary: string;
  /** The thread was edited after the approval. */
  readonly newerText: boolean;
  readonly template: string | null;
  /** Name and key of the hidden lines. */
  readonly marker: { readonly name: string; readonly key: Uint8Array };
}

/** GitHub takes 65,536 characters; with the longest template and summary some thousand are left for the facts. */
const MAX_TEMPLATE_LENGTH = 32 * 1_024;
/** A longer one is cut before it is cleaned; the body as a whole is never cut, which could bring code in it to life. */
export const MAX_SUMMARY_LENGTH = 20_000;

/** Title and body of the draft pull request: what, for whom, how it was verified, and what it cost. */
export function renderPull(words: PullWords): { title: string; body: string; shown: ShownPull } {
  const { task } = words;
  const isWhole = words.result?.ending === 'done';
  // Unfinished work refers to the issue without closing it.
  const reference = `${isWhole ? 'Closes' : 'For'} #${task.thread.number}`;
  const isShort = words.summary.length <= MAX_SUMMARY_LENGTH;
  const summary = isShort ? words.summary.trim() || 'The agent gave no summary.' : 'The summary is too long to show.';
  const template = (words.template?.length ?? 0) <= MAX_TEMPLATE_LENGTH ? words.template : null;
  const main = template === null ? `${summary}\n\n${reference}` : fillTemplate(template, { summary, reference });
  const warning = isWhole ? null : renderUnfinished(words.result);
  const parts = [warning, main, renderFacts(words)];
  const shown: ShownPull = { unfinished: !isWhole, warning, reference };
  return {
    title: cleanSubject(task.text.title) || `Change for issue ${task.thread.number}`,
    body: `${parts.filter((part) => part !== null).join('\n\n')}\n\n${createMarker(words.marker.name, words.marker.key)}\n${sealFacts(shown, words.marker)}\n`,
    shown,
  };
}

function renderUnfinished(result: WorkerResult | null): string {
  const why = UNFINISHED[result?.ending ?? 'error'];
  return `> [!WARNING]\n> This work is not finished: ${why}. This is the work so far.`;
}

const UNFINISHED: Readonly<Record<Exclude<WorkerResult['ending'], 'done'> | 'done', string>> = {
  done: 'it was stopped',
  question: 'the agent has a question',
  budget: 'the budget is used up',
  max_turns: 'the agent used all its turns',
  stopped: 'it was stopped or ran out of time',
  model_error: 'the model did not answer',
  agent_error: 'the agent had an error',
  setup_failed: 'the set-up command failed',
  error: 'the worker ended early',
};

function renderFacts({ checks, newerText, result, task }: PullWords): string {
  const later = task.unsettledNano > 0 ? '; the status comment has the final amount' : '';
  const cost = `$${formatUsd(task.spentNano)}${noteUnsettled(task)}`;
  const lines = [
    `| Requested by | ${mention(task)} |`,
    '| --- | --- |',
    `| Task | \`${task.id}\` |`,
    ...(newerText
      ? [`| Text | #${task.thread.number} was edited after the approval; the newer text was left out |`]
      : []),
    `| Verified | ${checks.length > 0 ? checks.map(renderCheck).join('<br>') : renderVerify(result)} |`,
    ...renderLeftOut(result?.leftOut ?? []),
    `| Cost so far | ${cost}${result === null ? '' : `, ${result.turns} turns`} with \`${routeOf(task).model.replaceAll(/[`|\s]/g, '')}\`${later} |`,
  ];
  return `---\n\n${lines.join('\n')}\n\nMade by Bosun. An agent wrote this change: review it like a contribution from someone you do not know.`;
}

function renderCheck(check: CheckResult): string {
  const { head, step } = check;
  const command = code(step.run);
  const { effect, reading } = readCheck(check);
  const flaky = head.isFlaky ? ' at the second try (flaky)' : '';
  if (head.reading === 'pass') {
    return `${command} passed${flaky}`;
  }
  if (head.reading === 'inconclusive') {
    return `${command} **said nothing**: ${CAUSES[head.cause ?? 'died']}`;
  }
  const base = reading === 'broken_before' ? ', as it did before the change' : '';
  const weight = effect === 'pass' ? 'failed' : '**failed**';
  return `${command} ${weight} with exit code ${head.exitCode ?? 'none'}${base}`;
}

const CAUSES: Readonly<Record<InconclusiveCause, string>> = {
  died: 'its session ended before it did',
  timed_out: 'it did not end in time',
  command_missing: 'the command was not found',
  out_of_memory: 'it ran out of memory',
  not_run: 'it could not be run',
};

function code(command: string): string {
  return `\`${takeStart(command.replaceAll(/[`|\s]+/g, ' '), 200).trim()}\``;
}

function renderVerify(result: WorkerResult | null): string {
  const verify = result?.verify;
  if (verify === undefined) {
    return 'not run: `.github/bosun.yml` names no `verify` command and no `steps.after`, or the work ended before it';
  }
  const command = code(verify.command);
  return verify.exitCode === 0
    ? `${command} passed`
    : `${command} **failed** with exit code ${verify.exitCode ?? 'none'}`;
}

const MAX_LEFT_OUT = 10;

function renderLeftOut(leftOut: readonly string[]): string[] {
  if (leftOut.length === 0) {
    return [];
  }
  const names = leftOut.slice(0, MAX_LEFT_OUT).map((name) => {
    const line = name.replaceAll(/[\s\p{C}`|]+/gu, ' ').trim();
    return `\`${takeStart(line, 120)}\``;
  });
  const rest = leftOut.length - names.length;
  return [`| Left out of the commit | ${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''} |`];
}

function mention({ requestedBy }: Task): string {
  return /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(requestedBy.login) ? `@${requestedBy.login}` : `user ${requestedBy.id}`;
}
