import type { LedgerTotals } from '../../store/stores.ts';
import { findLatest, type TaskEvent } from '../../task/events.ts';
import type { CheckRow } from '../../task/checks/decide-checks.ts';
import type { Attempt } from '../../task/attempt.ts';
import type { Task } from '../../task/task.ts';
import { count, foreign, html, lines, money, outLink, span, when, type Html } from './html.ts';

export function renderCost(totals: readonly LedgerTotals[], task: Task): Html {
  if (totals.length === 0) {
    return html`<p class="empty">No model was asked.</p>`;
  }
  const rows = totals.map(
    (total) =>
      html`<tr>
        <th scope="row">
          ${foreign(total.model, 80)}<span class="sub"
            >${total.purpose}${total.provider === null ? '' : html` · ${foreign(total.provider, 60)}`}</span
          >
        </th>
        <td class="num">${total.requests}</td>
        <td class="num">
          ${short(total.usage.inputTokens + total.usage.cacheReadTokens + total.usage.cacheWriteTokens)}
        </td>
        <td class="num">${short(total.usage.outputTokens)}</td>
        <td class="num">${money(total.costNano)}</td>
      </tr>`,
  );
  const sum = totals.reduce((all, { costNano }) => all + costNano, 0);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Cost by model">
      <table>
        <caption class="hidden">
          Cost by model and purpose
        </caption>
        <thead>
          <tr>
            <th>Model</th>
            <th class="num">Requests</th>
            <th class="num">In</th>
            <th class="num">Out</th>
            <th class="num">USD</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colspan="4">Together</th>
            <td class="num">${money(sum)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
    ${task.unsettledNano === 0 ? '' : html`<p class="dim">Up to ${money(task.unsettledNano)} more is not settled yet.</p>`}`;
}

export function renderAttempts(attempts: readonly Attempt[]): Html {
  if (attempts.length === 0) {
    return html`<p class="empty">None yet.</p>`;
  }
  const rows = attempts.map((attempt) => {
    const end = attempt.endedAt ?? attempt.heartbeatAt ?? attempt.startedAt;
    const { sessionEnd } = attempt;
    const ended = sessionEnd?.kind ?? (attempt.endedAt === null ? 'under way' : 'ended');
    return html`<tr>
      <th scope="row">${attempt.epoch}</th>
      <td>${when(attempt.startedAt)}</td>
      <td>${span(end.getTime() - attempt.startedAt.getTime())}</td>
      <td>${ended}</td>
      <td class="num">${attempt.modelCalls}</td>
      <td class="num">${money(attempt.spentNano)}</td>
    </tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Attempts">
    <table>
      <caption class="hidden">
        Attempts
      </caption>
      <thead>
        <tr>
          <th>No.</th>
          <th>Started</th>
          <th>Took</th>
          <th>Session</th>
          <th class="num">Calls</th>
          <th class="num">USD</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

export function renderEnvironment(attempt: Attempt | null): Html {
  const environment = attempt?.environment ?? null;
  if (environment === null) {
    return html`<p class="empty">Not prepared yet.</p>`;
  }
  const { prepared, setup, verify } = environment;
  return html`<dl class="facts">
      <dt>Set-up</dt>
      <dd>
        ${setup === null ? 'nothing to set up' : html`${setup.commands.map((command) => html`<code>${foreign(command, 200)}</code> `)}<span class="sub">${setup.source}${setup.because.length === 0 ? '' : html`, because of ${foreign(setup.because.join(', '), 200)}`}</span>`}
      </dd>
      ${
        verify === null
          ? ''
          : html`<dt>Verify</dt>
              <dd><code>${foreign(verify.command, 200)}</code></dd>`
      }
      ${
        prepared === null
          ? ''
          : html`<dt>Prepared</dt>
              <dd>
                ${prepared.ok ? 'yes' : 'no'}${prepared.fromSnapshot ? ', from an earlier task' : ''},
                ${span(prepared.durationMs)}${prepared.cause === null ? '' : html`<span class="sub">${foreign(prepared.cause, 400)}</span>`}
              </dd>`
      }
      ${(environment.missing ?? []).map(
        (sentence) =>
          html`<dt>Missing</dt>
            <dd>${foreign(sentence, 300)}</dd>`,
      )}
    </dl>
    ${prepared === null || prepared.ok || prepared.output === '' ? '' : html`<pre class="text">${lines(prepared.output, 8_000)}</pre>`}`;
}

export function renderReading(events: readonly TaskEvent[]): Html {
  const hydrated = findLatest(events, 'task.hydrated');
  if (hydrated === undefined) {
    return html`<p class="empty">Nothing was read yet.</p>`;
  }
  const { dropped, hidden, leftOut, sources, tokenEstimate } = hydrated.data;
  const left = Object.values(leftOut).reduce((sum, one) => sum + one, 0);
  const notes = [
    `about ${tokenEstimate.toLocaleString('en-US')} tokens`,
    ...(left === 0 ? [] : [`${count(left, 'comment')} left out`]),
    ...(dropped === 0 ? [] : [`${count(dropped, 'source')} dropped for length`]),
    ...(hidden === 0 ? [] : [`hidden text removed in ${count(hidden, 'place')}`]),
  ];
  const rows = sources.map(
    (source) =>
      html`<tr>
        <th scope="row">${foreign(source.kind, 40)}</th>
        <td>${outLink(source.url, foreign(source.label, 160))}</td>
        <td>${source.author === null ? '' : foreign(source.author, 40)}</td>
        <td class="num">${short(source.tokens)}</td>
      </tr>`,
  );
  return html`<p class="dim">${notes.join(' · ')}</p>
    <div class="scroll" tabindex="0" role="group" aria-label="Sources">
      <table>
        <caption class="hidden">
          What the agent read
        </caption>
        <thead>
          <tr>
            <th>Kind</th>
            <th>Source</th>
            <th>Author</th>
            <th class="num">Tokens</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function short(number: number): string {
  if (number < 10_000) {
    return number.toLocaleString('en-US');
  }
  return number < 1_000_000 ? `${(number / 1_000).toFixed(0)}k` : `${(number / 1_000_000).toFixed(1)}M`;
}

export function renderChecks(rows: readonly CheckRow[]): Html {
  if (rows.length === 0) {
    return html`<p class="empty">No check has run.</p>`;
  }
  const looks = { pass: 'good', fail: 'bad', inconclusive: 'wait' } as const;
  return html`${rows.map(
    (row) =>
      html`<details class="check-run">
        <summary>
          <span class="badge ${looks[row.run.reading]}">${row.run.reading}</span> ${foreign(row.name, 60)}
          <span class="dim">at the ${row.at}, ${span(row.run.durationMs)}${row.run.isFlaky ? ', flaky' : ''}</span>
        </summary>
        <pre class="text">${lines(row.run.outputTail, 8_192)}</pre>
      </details>`,
  )}`;
}
