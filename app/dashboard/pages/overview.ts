import { describeCap, spentOf, reservedOf, type ScopeAccount } from '../../budget/scopes.ts';
import type { QueuePosition } from '../../store/stores.ts';
import type { TaskState } from '../../../protocol/index.ts';
import type { Task } from '../../task/task.ts';
import type { Readiness } from '../health.ts';
import { foreign, html, money, span, spendBar, type Html } from './html.ts';
import { taskTable } from './task-rows.ts';

export interface OverviewFacts {
  readonly now: Date;
  readonly counts: Readonly<Record<TaskState, number>>;
  readonly running: readonly Task[];
  readonly waiting: readonly Task[];
  readonly failing: readonly Task[];
  readonly positions: ReadonlyMap<string, QueuePosition>;
  /** Budgets of the current day and month that the viewer may know of, with the name of their repository. */
  readonly budgets: readonly (ScopeAccount & { readonly of: string })[];
  readonly readiness: Readiness;
}

export function renderOverview(facts: OverviewFacts): Html {
  const { counts, now } = facts;
  const running = counts.HYDRATING + counts.RUNNING + counts.FINALIZING;
  const options = { now, choosable: false, positions: facts.positions };
  return html`<h1>Overview</h1>
    <div class="tiles">
      ${tile('Running', { value: running, href: '/tasks?state=running' })}
      ${tile('Waiting', { value: counts.SUBMITTED, href: '/tasks?state=waiting' })}
      ${tile('Failed', { value: counts.FAILED + counts.TIMED_OUT, href: '/tasks?state=failed' })}
      ${tile('Completed', { value: counts.COMPLETED, href: '/tasks?state=completed' })}
    </div>
    <section aria-labelledby="running">
      <h2 id="running">Running</h2>
      ${taskTable(facts.running, { ...options, caption: 'Running tasks', live: '/live/tasks?state=running', empty: 'Nothing runs.' })}
    </section>
    <section aria-labelledby="waiting">
      <h2 id="waiting">Waiting</h2>
      ${taskTable(facts.waiting, { ...options, caption: 'Waiting tasks', live: '/live/tasks?state=waiting', empty: 'Nothing waits.' })}
    </section>
    <section aria-labelledby="failing">
      <h2 id="failing">Failed lately</h2>
      ${taskTable(facts.failing, { ...options, caption: 'Tasks that failed', empty: 'Nothing failed.' })}
    </section>
    <div class="columns">
      <section aria-labelledby="budgets">
        <h2 id="budgets">Budgets</h2>
        ${renderBudgets(facts.budgets)}
      </section>
      <section aria-labelledby="health">
        <h2 id="health">Health</h2>
        ${renderHealth(facts.readiness)}
      </section>
    </div>`;
}

function tile(name: string, { href, value }: { readonly value: number; readonly href: string }): Html {
  return html`<a class="tile" href="${href}"
    ><span class="big num">${value.toLocaleString('en-US')}</span><span>${name}</span></a
  >`;
}

function renderBudgets(budgets: OverviewFacts['budgets']): Html {
  if (budgets.length === 0) {
    return html`<p class="empty">Nothing was reserved in this period.</p>`;
  }
  const rows = budgets.map((account) => {
    const reserved = reservedOf(account);
    return html`<tr>
      <th scope="row">${foreign(account.of, 120)}<span class="sub">${account.period}</span></th>
      <td>
        ${spendBar(spentOf(account), account.capNano)}${reserved === 0 ? '' : html`<span class="sub">${money(reserved)} reserved</span>`}
      </td>
      <td class="dim">${account.capNano === null ? 'no cap' : describeCap(account)}</td>
    </tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Budgets">
    <table>
      <caption class="hidden">
        Spend against budget
      </caption>
      <thead>
        <tr>
          <th>Scope</th>
          <th>Spent</th>
          <th>Cap</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

export function renderHealth({
  database,
  notes,
  oldestDeliveryMs,
  oldestReadyTaskMs,
  problem,
  ready,
}: Readiness): Html {
  const age = (ms: number | null): string => (ms === null ? 'nothing waits' : `oldest ${span(ms)}`);
  return html`<dl class="facts">
      <dt>Server</dt>
      <dd><span class="badge ${ready ? 'good' : 'bad'}">${ready ? 'ready' : 'not ready'}</span></dd>
      <dt>Database</dt>
      <dd>${database}</dd>
      <dt>Deliveries to route</dt>
      <dd>${age(oldestDeliveryMs)}</dd>
      <dt>Tasks that could run</dt>
      <dd>${age(oldestReadyTaskMs)}</dd>
    </dl>
    ${problem === null ? '' : html`<p class="notice bad">${problem}</p>`}${notes.map((note) => html`<p class="notice warn">${foreign(note, 600)}</p>`)}`;
}

export function budgetName(scope: string, names: ReadonlyMap<number, string>): string | null {
  const [kind = '', id] = scope.split(':');
  return id === undefined ? kind.replace('-', ', ') : (names.get(Number(id)) ?? null);
}
