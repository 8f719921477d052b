import { formatUsd, noteUnsettled } from '../../budget/money.ts';
import type { LedgerTotals, QueuePosition } from '../../store/stores.ts';
import type { TaskEvent } from '../../task/events.ts';
import { isTerminal } from '../../../protocol/index.ts';
import type { Attempt } from '../../task/attempt.ts';
import type { Task } from '../../task/task.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { paintState } from './paint-state.ts';
import { renderColumns, type Cell } from './render-columns.ts';
import { renderTimeline } from './render-timeline.ts';
import { routeOf } from '../../task/tiers/route.ts';

export interface TaskFacts {
  readonly task: Task;
  /** The current attempt; null before the first. */
  readonly attempt: Attempt | null;
  /** Where it stands among those that wait; null when it does not wait for a slot. */
  readonly position: QueuePosition | null;
  readonly totals: readonly LedgerTotals[];
  readonly events: readonly TaskEvent[];
  /** Names of the files the current attempt left. */
  readonly files: readonly string[];
}

/** All of one task for people: facts, how it ended, cost by model, the timeline, and which files can be printed. */
export function renderTask(facts: TaskFacts, output: Output): string {
  const { task } = facts;
  const sections = [
    renderFacts(facts, output),
    renderEnding(task, output),
    renderCost(facts.totals, output),
    facts.events.length === 0 ? '' : `${output.strong('Events (UTC)')}\n${renderTimeline(facts.events, output.quiet)}`,
    facts.files.length === 0 ? '' : `${output.strong('Files')} of attempt ${task.epoch}\n  ${facts.files.join('  ')}`,
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function renderFacts({ task, attempt, position }: TaskFacts, output: Output): string {
  const facts: readonly [string, string | null][] = [
    ['Issue', `${task.repository.owner}/${task.repository.name}#${task.thread.number} ${task.text.title}`],
    ['Asked by', `${task.requestedBy.login}${task.trigger.url === null ? '' : `, ${task.trigger.url}`}`],
    ['Created', formatTime(task.createdAt)],
    ['Finished', task.finishedAt === null ? null : formatTime(task.finishedAt)],
    ['Waits', describeWait(task, position)],
    ['Now', describeProgress(task, attempt)],
    ['Stop', task.stop === null ? null : `${task.stop.kind} asked for by ${task.stop.by.login}`],
    ['Model', describeRoute(task)],
    ['Budget', `$${formatUsd(task.spentNano)} of $${formatUsd(task.budgetNano)} spent${noteUnsettled(task)}`],
    ['Attempt', task.epoch === 0 ? 'none yet' : String(task.epoch)],
    ['Session', describeConversation(attempt)],
    ['Branch', task.branch],
    ['Pull request', task.publication.pullUrl],
    ['Retry of', task.retryOf],
  ];
  const rows = facts.flatMap(([name, value]): Cell[][] =>
    value === null ? [] : [[{ text: name, paint: output.quiet }, { text: printable(value) }]],
  );
  const head = `${output.strong(task.id)}  ${paintState(task, task.state, output)}`;
  return `${head}\n\n${renderColumns(rows)}`;
}

function describeWait({ wait }: Task, position: QueuePosition | null): string | null {
  if (wait === null) {
    return null;
  }
  const place = position === null ? '' : `, number ${position.position} of ${position.waiting} in its repository`;
  const note = wait.note === null ? '' : ` (${wait.note})`;
  return `for ${wait.reason}${note}${place}, next check ${formatTime(wait.wakeAt)}`;
}

/** What the worker said last, while it may still say more. */
function describeProgress(task: Task, attempt: Attempt | null): string | null {
  const progress = attempt?.progress ?? null;
  if (progress === null || isTerminal(task.state) || task.state === 'SUBMITTED') {
    return null;
  }
  const turn = progress.turn > 0 ? `, turn ${progress.turn}` : '';
  const seen = attempt?.heartbeatAt ?? attempt?.progressAt ?? null;
  return `${progress.phase}${turn}${progress.note === null ? '' : `: ${progress.note}`}${seen === null ? '' : `, last heard of ${formatTime(seen)}`}`;
}

function renderEnding(task: Task, output: Output): string {
  const { failure, outcome } = task;
  const lines: string[] = [];
  if (failure !== null) {
    lines.push(`${output.bad(failure.code)}  ${failure.title}.`, `  ${failure.remedy}`);
    lines.push(...indent(failure.detail ?? ''));
  }
  if (outcome !== null) {
    const verified = { passed: 'verify passed', failed: 'verify failed', not_run: 'not verified' }[outcome.verified];
    const files = outcome.filesChanged === 1 ? '1 file' : `${outcome.filesChanged} files`;
    const changed = `${files} changed, ${outcome.turns} turns, ${verified}`;
    lines.push(`${output.strong('Outcome')}  ${outcome.kind.replaceAll('_', ' ')}: ${changed}`);
    lines.push(...outcome.questions.map((question) => `  ? ${printable(question)}`));
    lines.push(
      ...outcome.withheld.map(
        (held) => `  withheld ${held.code}: ${printable(`${held.path ?? ''} ${held.message}`).trim()}`,
      ),
    );
    lines.push(...indent(outcome.summary));
  }
  return lines.join('\n');
}

function renderCost(totals: readonly LedgerTotals[], output: Output): string {
  if (totals.length === 0) {
    return '';
  }
  const rows = totals.map((total) => [
    { text: `  ${printable(total.model)}${total.purpose === 'work' ? '' : ` (${total.purpose})`}` },
    { text: `$${formatUsd(total.costNano)}` },
    { text: `${total.requests} ${total.requests === 1 ? 'request' : 'requests'}` },
    { text: `${formatCount(total.usage.inputTokens)} tokens in` },
    { text: `${formatCount(total.usage.outputTokens)} out` },
    { text: `${formatCount(total.usage.cacheReadTokens)} from cache` },
  ]);
  return `${output.strong('Cost')}\n${renderColumns(rows)}`;
}

function indent(text: string): string[] {
  return text.trim() === ''
    ? []
    : printable(text.trim(), { lines: 'kept' })
        .split('\n')
        .map((line) => `  ${line}`.trimEnd());
}

function formatTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

function describeConversation(attempt: Attempt | null): string | null {
  const conversation = attempt?.result?.conversation;
  if (conversation === undefined) {
    return null;
  }
  const { reason, resumed } = conversation;
  return resumed ? 'resumed from the earlier attempt' : `started anew${reason === undefined ? '' : `: ${reason}`}`;
}

function describeRoute(task: Task): string {
  const { effort, model, tier } = routeOf(task);
  const parts = [tier === null ? [] : [`tier ${tier}`], effort === null ? [] : [`effort ${effort}`]].flat();
  return parts.length === 0 ? model : `${model} (${parts.join(', ')})`;
}
