import { isNearlySpent, percentSpent } from '../../budget/decide-warnings.ts';
import { formatUsd, noteUnsettled } from '../../budget/money.ts';
import { projectSpend, type Projection } from '../../budget/project-spend.ts';
import { reservedOf, leftOf, spentOf, type ScopeAccount } from '../../budget/scopes.ts';
import type { Attempt } from '../../task/attempt.ts';
import type { NanoUsd, Task } from '../../task/task.ts';

export interface BudgetFacts {
  readonly scopes: readonly ScopeAccount[];
  /** The task of the thread that has not ended, its running attempt, and what may be suggested to add. */
  readonly task: {
    readonly task: Task;
    readonly attempt: Attempt | null;
    readonly suggestedNano: NanoUsd | null;
  } | null;
  readonly timeZone: string;
}

/** The answer to `/budget`: every budget that the thread's task draws on, how fast it goes, and when it opens again. */
export function renderBudgets(facts: BudgetFacts, now: Date): string {
  const rows = [
    ...(facts.task === null ? [] : [renderTaskRow(facts.task, now)]),
    ...facts.scopes.map((scope) => renderRow(scope, now)),
  ];
  const warnings = facts.scopes.filter(isNearlySpent).map(renderWarning);
  const zone = facts.timeZone === 'UTC' ? [] : [`Days and months begin at midnight in ${facts.timeZone}.`];
  return [
    facts.task === null ? 'No task is running or waiting on this thread.' : renderAdvice(facts.task),
    '',
    '| Budget | Cap | Spent | Reserved | Left | Burn rate | Used up | Resets |',
    '|---|--:|--:|--:|--:|--:|---|---|',
    ...rows,
    ...(warnings.length + zone.length > 0 ? ['', ...warnings, ...zone] : []),
  ].join('\n');
}

/** `⚠️ The repository / day budget is 84 % spent.` */
export function renderWarning(scope: ScopeAccount): string {
  return `⚠️ The ${labelOf(scope)} budget is ${percentSpent(scope)} % spent; tasks wait once it is used up.`;
}

function renderAdvice({ task, suggestedNano }: NonNullable<BudgetFacts['task']>): string {
  const said = `Task \`${task.id}\`: $${formatUsd(task.spentNano)} of $${formatUsd(task.budgetNano)} spent${noteUnsettled(task)}.`;
  return suggestedNano === null
    ? `${said} Nothing can be added now, because the caps do not allow more.`
    : `${said} Comment \`/budget +${formatUsd(suggestedNano)}\` to add $${formatUsd(suggestedNano)}; the task continues on the same branch and pull request.`;
}

function renderTaskRow({ task, attempt }: NonNullable<BudgetFacts['task']>, now: Date): string {
  const spentNano = attempt?.spentNano ?? 0;
  const projection = projectSpend(
    { spentNano, capNano: attempt?.budgetNano ?? null, openedAt: attempt?.startedAt ?? null, resetsAt: null },
    now,
  );
  const reservedNano = attempt === null ? task.unsettledNano : attempt.budgetNano - attempt.spentNano;
  return row([
    'this task',
    dollars(task.budgetNano),
    dollars(task.spentNano),
    dollars(reservedNano),
    dollars(task.budgetNano - task.spentNano),
    ...projected(projection),
    'never',
  ]);
}

function renderRow(scope: ScopeAccount, now: Date): string {
  const projection = projectSpend({ ...scope, spentNano: spentOf(scope) }, now);
  return row([
    labelOf(scope),
    scope.capNano === null ? 'no cap' : dollars(scope.capNano),
    dollars(spentOf(scope)),
    dollars(reservedOf(scope)),
    scope.capNano === null ? '–' : dollars(leftOf(scope)),
    ...projected(projection),
    timeOf(scope.resetsAt),
  ]);
}

function projected(projection: Projection | null): [string, string] {
  if (projection === null) {
    return ['–', '–'];
  }
  const at = projection.exhaustedAt;
  return [`${dollars(projection.nanoPerHour)}/h`, at === null ? 'not before' : `about ${timeOf(at)}`];
}

function labelOf(scope: Pick<ScopeAccount, 'scope'>): string {
  return scope.scope.split(':')[0]?.replace('-', ' / ') ?? scope.scope;
}

function dollars(nano: NanoUsd): string {
  return `$${formatUsd(nano)}`;
}

function timeOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
