import type { ModelUsageRow, UsageGroup, UsageRow } from '../../store/task-lists.ts';
import { formatUsd } from '../../budget/money.ts';
import { count, foreign, html, money, type Html } from './html.ts';

export interface UsageFacts {
  readonly days: number;
  readonly byDay: readonly UsageRow[];
  readonly groups: Readonly<Record<Exclude<UsageGroup, 'day'>, readonly UsageRow[]>>;
  readonly models: readonly ModelUsageRow[];
}

export const USAGE_DAYS = [1, 7, 30, 90] as const;

export function renderUsage(facts: UsageFacts): Html {
  const { byDay, days, groups, models } = facts;
  const tasks = byDay.reduce((sum, row) => sum + row.tasks, 0);
  const cost = byDay.reduce((sum, row) => sum + row.costNano, 0);
  const published = byDay.reduce((sum, row) => sum + row.published, 0);
  return html`<h1>Usage</h1>
    <nav class="filters" aria-label="Time">
      ${USAGE_DAYS.map((each) =>
        each === days
          ? html`<a class="button" aria-current="true" href="/usage?days=${each}">${count(each, 'day')}</a>`
          : html`<a class="button" href="/usage?days=${each}">${count(each, 'day')}</a>`,
      )}
    </nav>
    <div class="tiles">
      <div class="tile"><span class="big num">$${formatUsd(cost)}</span><span>spent by ended attempts</span></div>
      <div class="tile"><span class="big num">${tasks.toLocaleString('en-US')}</span><span>tasks</span></div>
      <div class="tile">
        <span class="big num">${published.toLocaleString('en-US')}</span><span>pull requests</span>
      </div>
      <div class="tile">
        <span class="big num">${published === 0 ? '–' : `$${formatUsd(Math.round(cost / published))}`}</span
        ><span>per pull request</span>
      </div>
    </div>
    <section>
      <h2>By day</h2>
      ${renderDays(byDay)}
    </section>
    <div class="columns">${section('By repository', groups.repository)}${section('By person', groups.person)}</div>
    <div class="columns">${section('By type', groups.type)}${section('By how it ended', groups.state)}</div>
    <section>
      <h2>By model and purpose</h2>
      ${renderModels(models)}
    </section>`;
}

function renderDays(rows: readonly UsageRow[]): Html {
  const most = Math.max(1, ...rows.map((row) => row.costNano));
  return rows.length === 0
    ? html`<p class="empty">No task was created in this time.</p>`
    : table(
        ['Day', 'Tasks', 'Pull requests', 'USD', 'Share'],
        rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.key}</th>
              <td class="num">${row.tasks}</td>
              <td class="num">${row.published}</td>
              <td class="num">${money(row.costNano)}</td>
              <td>
                <meter min="0" max="${most}" value="${row.costNano}" aria-label="$${formatUsd(row.costNano)}"></meter>
              </td>
            </tr>`,
        ),
      );
}

function section(title: string, rows: readonly UsageRow[]): Html {
  const body = rows.map(
    (row) =>
      html`<tr>
        <th scope="row">${foreign(row.key, 120)}</th>
        <td class="num">${row.tasks}</td>
        <td class="num">${money(row.costNano)}</td>
        <td class="num">${row.published === 0 ? '–' : money(Math.round(row.costNano / row.published))}</td>
      </tr>`,
  );
  return html`<section>
    <h2>${title}</h2>
    ${rows.length === 0 ? html`<p class="empty">Nothing.</p>` : table(['', 'Tasks', 'USD', 'USD a pull request'], body)}
  </section>`;
}

function renderModels(rows: readonly ModelUsageRow[]): Html {
  const body = rows.map(
    (row) =>
      html`<tr>
        <th scope="row">${foreign(row.model, 80)}</th>
        <td>${row.purpose}</td>
        <td class="num">${row.requests.toLocaleString('en-US')}</td>
        <td class="num">${row.inputTokens.toLocaleString('en-US')}</td>
        <td class="num">${row.cacheReadTokens.toLocaleString('en-US')}</td>
        <td class="num">${row.outputTokens.toLocaleString('en-US')}</td>
        <td class="num">${money(row.costNano)}</td>
      </tr>`,
  );
  return rows.length === 0
    ? html`<p class="empty">No model was asked.</p>`
    : table(['Model', 'Purpose', 'Requests', 'Input', 'From cache', 'Output', 'USD'], body);
}

function table(heads: readonly string[], rows: readonly Html[]): Html {
  return html`<div
    class="scroll"
    tabindex="0"
    role="group"
    aria-label="${heads.filter((head) => head !== '').join(', ')}"
  >
    <table>
      <thead>
        <tr>
          ${heads.map((head, index) => (index === 0 ? html`<th>${head === '' ? html`<span class="hidden">Name</span>` : head}</th>` : html`<th class="num">${head}</th>`))}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
