import type { LedgerTotals, QueuePosition } from '../../store/stores.ts';
import type { CheckRow } from '../../task/checks/decide-checks.ts';
import type { TaskEvent } from '../../task/events.ts';
import type { Attempt } from '../../task/attempt.ts';
import type { Task } from '../../task/task.ts';
import { formatUsd } from '../../budget/money.ts';
import { describeEvent } from '../../control/describe-event.ts';
import { formFields, type Frame } from './layout.ts';
import { renderAttempts, renderChecks, renderCost, renderEnvironment, renderReading } from './task-details.ts';
import {
  count,
  foreign,
  html,
  lines,
  outLink,
  repositoryName,
  span,
  spendBar,
  stateBadge,
  when,
  type Html,
} from './html.ts';
import { describeWait } from './task-rows.ts';

export interface LogTail {
  readonly name: string;
  readonly text: string;
  /** Bytes of the log up to the end of this text. */
  readonly end: number;
}

export interface TaskPageFacts {
  readonly now: Date;
  readonly task: Task;
  readonly attempts: readonly Attempt[];
  readonly events: readonly TaskEvent[];
  readonly totals: readonly LedgerTotals[];
  readonly position: QueuePosition | null;
  readonly checks: readonly CheckRow[];
  /** `<epoch>/<name>` of what it left. */
  readonly files: readonly string[];
  /** The ends of the logs of the last attempt. */
  readonly logs: readonly LogTail[];
  readonly mayAct: boolean;
  readonly serverUrl: string;
}

/** The parts of the page that change while a task runs, by the id of their element. */
export function taskParts(
  facts: TaskPageFacts,
  frame: Frame & { readonly formKey: string },
): Readonly<Record<string, Html>> {
  return {
    state: renderState(facts),
    actions: renderActions(facts, frame),
    ending: renderEnding(facts.task),
    timeline: renderTimeline(facts.events),
    checks: renderChecks(facts.checks),
    cost: renderCost(facts.totals, facts.task),
    attempts: renderAttempts(facts.attempts),
    environment: renderEnvironment(facts.attempts.at(-1) ?? null),
    reading: renderReading(facts.events),
  };
}

export function renderTaskPage(facts: TaskPageFacts, frame: Frame & { readonly formKey: string }): Html {
  const { serverUrl, task } = facts;
  const parts = taskParts(facts, frame);
  const part = (name: string): Html => html`<div id="part-${name}">${parts[name] ?? ''}</div>`;
  const kind = task.thread.kind === 'issue' ? 'issues' : 'pull';
  const thread = `${serverUrl}/${repositoryName(task)}/${kind}/${task.thread.number}`;
  return html`<div data-live-task="/live/tasks/${task.id}" data-revision="${task.revision}">
    <p class="crumbs">
      <a href="/tasks">Tasks</a> /
      <a href="/tasks?repository=${task.repository.id}">${foreign(repositoryName(task))}</a>
    </p>
    <h1>${foreign(task.text.title, 200)} ${outLink(thread, html`<span class="dim">#${task.thread.number}</span>`)}</h1>
    ${part('state')}${part('actions')}${part('ending')}
    <div class="columns wide-left">
      <div>
        <section aria-labelledby="h-timeline">
          <h2 id="h-timeline">Timeline</h2>
          ${part('timeline')}
        </section>
        <section aria-labelledby="h-log">
          <h2 id="h-log">Log</h2>
          ${renderLogs(facts)}
        </section>
      </div>
      <div>
        <section aria-labelledby="h-checks">
          <h2 id="h-checks">Gate and checks</h2>
          ${part('checks')}
        </section>
        <section aria-labelledby="h-cost">
          <h2 id="h-cost">Cost</h2>
          ${part('cost')}
        </section>
        <section aria-labelledby="h-attempts">
          <h2 id="h-attempts">Attempts</h2>
          ${part('attempts')}
        </section>
        <section aria-labelledby="h-env">
          <h2 id="h-env">Environment</h2>
          ${part('environment')}
        </section>
      </div>
    </div>
    <section aria-labelledby="h-read">
      <h2 id="h-read">What the agent read</h2>
      ${part('reading')}
      <details>
        <summary>The request as it was approved</summary>
        <pre class="text">
${lines(`${task.text.title}\n\n${task.text.body}\n\n${task.text.request}`.trim(), 20_000)}</pre>
      </details>
      ${renderFiles(facts)}
    </section>
  </div>`;
}

function renderState({ attempts, now, position, task }: TaskPageFacts): Html {
  const progress = task.finishedAt === null ? (attempts.at(-1)?.progress ?? null) : null;
  const turn = progress !== null && progress.turn > 0 ? `, turn ${progress.turn}` : '';
  const doing =
    progress === null || task.state === 'SUBMITTED'
      ? ''
      : html`<dt>Now</dt>
          <dd>${progress.phase}${turn}${progress.note === null ? '' : html`: ${foreign(progress.note)}`}</dd>`;
  const { pullNumber, pullUrl } = task.publication;
  const end = task.finishedAt ?? now;
  return html`<dl class="facts summary">
    <dt>State</dt>
    <dd>${stateBadge(task)}</dd>
    ${
      task.wait === null
        ? ''
        : html`<dt>Why</dt>
            <dd>${describeWait(task, { now, position })}</dd>`
    }${doing}
    ${
      task.stop === null || task.finishedAt !== null
        ? ''
        : html`<dt>Stop</dt>
            <dd>${task.stop.kind} asked for by ${foreign(task.stop.by.login)}</dd>`
    }
    <dt>Spent</dt>
    <dd>${spendBar(task.spentNano, task.budgetNano)}</dd>
    <dt>Pull request</dt>
    <dd>${pullNumber === null ? html`<span class="dim">none yet</span>` : outLink(pullUrl, `#${pullNumber}`)}</dd>
    <dt>Branch</dt>
    <dd><code>${foreign(task.branch, 120)}</code></dd>
    <dt>Asked by</dt>
    <dd>${outLink(task.trigger.url, foreign(task.requestedBy.login, 40))}</dd>
    <dt>Model</dt>
    <dd>${foreign(task.settings.model, 80)}</dd>
    <dt>Created</dt>
    <dd>${when(task.createdAt)}</dd>
    <dt>${task.finishedAt === null ? 'Running for' : 'Took'}</dt>
    <dd>
      ${task.startedAt === null ? html`<span class="dim">not started</span>` : span(end.getTime() - task.startedAt.getTime())}
    </dd>
    ${
      task.retryOf === null
        ? ''
        : html`<dt>Repeats</dt>
            <dd>
              <a href="/tasks/${task.retryOf}"><code>${task.retryOf}</code></a>
            </dd>`
    }
    <dt>Id</dt>
    <dd><code>${task.id}</code></dd>
  </dl>`;
}

function renderActions({ mayAct, task }: TaskPageFacts, frame: Frame & { readonly formKey: string }): Html {
  if (!mayAct) {
    return html`<p class="dim">You can look at this task; write access to its repository is needed to change it.</p>`;
  }
  const fields = formFields(frame, frame.formKey);
  const button = (action: string, text: string, look = ''): Html =>
    html`<button name="action" value="${action}" class="${look}">${text}</button>`;
  const isOver = task.finishedAt !== null;
  const isAsking = !isOver && task.question !== null && task.question.kind !== 'agent' && task.question.answer === null;
  const waits = task.state === 'SUBMITTED' && task.wait?.reason !== 'slot';
  return html`<form class="bar actions" method="post" action="/tasks/${task.id}">
    ${fields}
    ${isOver ? html`${button('retry', 'Retry', 'primary')}<label class="check"><input type="checkbox" name="from_scratch" value="1" /> from scratch</label>` : ''}
    ${isAsking ? html`<input type="hidden" name="commit" value="${task.question?.subject ?? ''}" />${button('release', task.question?.kind === 'release' ? 'Release the work' : 'Accept as it is', 'primary')}` : ''}
    ${waits ? button('resume', 'Resume', isAsking ? '' : 'primary') : ''}
    ${
      isOver
        ? ''
        : html`${waits ? '' : button('pause', 'Pause')}${button('cancel', 'Cancel', 'danger')}
            <span class="group"
              ><label>Add USD <input name="usd" inputmode="decimal" size="5" value="5" maxlength="12" /></label
              >${button('top-up', 'Add money')}</span
            >`
    }
  </form>`;
}

function renderEnding({ failure, outcome, question }: Task): Html {
  const { excerpt, findings } = question?.kind === 'release' ? question : { excerpt: '', findings: [] };
  const asks =
    question !== null && question.answer === null
      ? html`<div class="notice warn">
          <p><strong>A person has to decide.</strong></p>
          ${findings.map((one) => html`<p><code>${one.code}</code> ${foreign(`${one.path ?? ''} ${one.message}`, 400)}</p>`)}
          ${
            excerpt === ''
              ? ''
              : html`<details>
                  <summary>What would be published</summary>
                  <pre class="diff">${lines(excerpt, 20_000)}</pre>
                </details>`
          }
        </div>`
      : '';
  const failed =
    failure === null
      ? ''
      : html`<div class="notice bad">
          <p>
            <strong><code>${failure.code}</code> ${foreign(failure.title)}.</strong>
          </p>
          <p>${foreign(failure.remedy, 600)}</p>
          ${
            failure.detail === undefined
              ? ''
              : html`<details>
                  <summary>Details</summary>
                  <pre class="text">${lines(failure.detail, 10_000)}</pre>
                </details>`
          }
        </div>`;
  const ended =
    outcome === null
      ? ''
      : html`<div class="card">
          <p>
            <strong>${outcome.kind.replaceAll('_', ' ')}</strong> · ${count(outcome.filesChanged, 'file')} changed ·
            ${count(outcome.turns, 'turn')}
          </p>
          ${outcome.withheld.map((held) => html`<p class="bad">withheld <code>${held.code}</code> ${foreign(`${held.path ?? ''} ${held.message}`, 400)}</p>`)}
          ${outcome.questions.map((asked) => html`<p>? ${foreign(asked, 600)}</p>`)}
          ${outcome.summary === '' ? '' : html`<pre class="text">${lines(outcome.summary, 10_000)}</pre>`}
        </div>`;
  return html`${asks}${failed}${ended}`;
}

function renderTimeline(events: readonly TaskEvent[]): Html {
  const shown = events.slice(-300);
  const left = events.length - shown.length;
  return html`${left > 0 ? html`<p class="dim">${count(left, 'earlier event')} not shown.</p>` : ''}
    <ol class="timeline">
      ${shown.map((event) => {
        const name = event.kind === 'unknown' ? event.name : event.kind;
        return html`<li>
          <time datetime="${event.at.toISOString()}">${event.at.toISOString().slice(5, 19).replace('T', ' ')}</time>
          <strong>${foreign(name.replace('task.', '').replaceAll('_', ' '), 60)}</strong>
          ${foreign(describeEvent(event), 400)}
        </li>`;
      })}
    </ol>`;
}

function renderLogs({ logs, task }: TaskPageFacts): Html {
  if (logs.length === 0) {
    return html`<p class="empty">There is no log.</p>`;
  }
  return html`${logs.map(({ end, name, text }, index) => {
    const inner = html`<summary>${name}</summary>
      <p class="dim"><a href="/tasks/${task.id}/files/${task.epoch}/${name}.log">The whole log</a></p>
      <pre class="text" tabindex="0" role="log" aria-label="Log of ${name}" data-log="${name}" data-end="${end}">
${text}</pre>`;
    return index === 0
      ? html`<details class="log" open>${inner}</details>`
      : html`<details class="log">${inner}</details>`;
  })}`;
}

function renderFiles({ files, task }: TaskPageFacts): Html {
  const links = files.filter((file) => /\/(prompt\.json|changes\.patch|gate\.json|\w+\.log)$/.test(file));
  return links.length === 0
    ? html``
    : html`<ul class="files">
          ${links.map((file) => html`<li><a href="/tasks/${task.id}/files/${file}">${file}</a></li>`)}
        </ul>
        <p class="dim">Budget of the task: $${formatUsd(task.budgetNano)}. Files are kept as long as the task.</p>`;
}
