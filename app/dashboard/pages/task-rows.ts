import type { QueuePosition } from '../../store/stores.ts';
import { noteUnsettled } from '../../budget/money.ts';
import { describeBlock } from '../../budget/describe-block.ts';
import type { Task } from '../../task/task.ts';
import { ago, foreign, html, repositoryName, span, spendBar, stateBadge, type Html } from './html.ts';

export interface RowOptions {
  readonly now: Date;
  /** Whether rows can be chosen for an action on several. */
  readonly choosable: boolean;
  readonly position?: QueuePosition | null;
}

/** A row of a list of tasks; the live updates replace it whole. */
export function taskRow(task: Task, { choosable, now, position = null }: RowOptions): Html {
  const choice = choosable
    ? html`<td class="pick">
        <input type="checkbox" name="id" value="${task.id}" aria-label="Select task of #${task.thread.number}" />
      </td>`
    : '';
  return html`<tr id="task-${task.id}" data-id="${task.id}">
    ${choice}
    <td class="state">${stateBadge(task)}</td>
    <td class="what">
      <a href="/tasks/${task.id}">${foreign(task.text.title, 120)}</a>
      <span class="sub"
        >${foreign(`${repositoryName(task)}#${task.thread.number}`, 160)} · ${task.type} ·
        ${foreign(task.requestedBy.login, 40)}</span
      >
      ${reason(task, { now, position })}
    </td>
    <td class="cost">${spendBar(task.spentNano, task.budgetNano)}${noteUnsettled(task)}</td>
    <td class="age">${ago(task.createdAt, now)}</td>
  </tr>`;
}

/** Why it waits or how it failed, in a line. */
function reason(
  task: Task,
  { now, position }: { readonly now: Date; readonly position: QueuePosition | null },
): Html | '' {
  if (task.failure !== null) {
    return html`<span class="sub bad">${task.failure.code}: ${foreign(task.failure.title, 160)}</span>`;
  }
  if (task.stop !== null && task.finishedAt === null) {
    return html`<span class="sub">${task.stop.kind} asked for by ${foreign(task.stop.by.login, 40)}</span>`;
  }
  return task.wait === null ? '' : html`<span class="sub">${describeWait(task, { now, position })}</span>`;
}

export function describeWait(
  { wait }: Pick<Task, 'wait'>,
  { now, position }: { readonly now: Date; readonly position: QueuePosition | null },
): Html {
  if (wait === null) {
    return html``;
  }
  const place =
    position === null
      ? ''
      : html`, number ${position.position} of ${position.waiting} in its
        repository${
          position.etaMs === null ? '' : `, about ${span(position.etaMs)}`
        }${position.block === null ? '' : html` (${foreign(describeBlock(position.block), 200)})`}`;
  const note = wait.note === null ? '' : html`: ${foreign(wait.note, 200)}`;
  const next = wait.reason === 'slot' ? '' : html`, looked at again in ${span(wait.wakeAt.getTime() - now.getTime())}`;
  return html`waits for ${REASONS[wait.reason]}${note}${place}${next}`;
}

const REASONS: Readonly<Record<NonNullable<Task['wait']>['reason'], string>> = {
  slot: 'a free slot',
  budget: 'budget',
  approval: 'an approval',
  dependency: 'another task',
  github: 'GitHub',
  model: 'the model provider',
  backoff: 'the next try',
  human: 'a person',
  paused: 'somebody to resume it',
};

export function taskTable(
  tasks: readonly Task[],
  options: RowOptions & {
    readonly caption: string;
    readonly live?: string;
    readonly empty: string;
    readonly positions?: ReadonlyMap<string, QueuePosition>;
  },
): Html {
  const { caption, choosable, empty, live, positions } = options;
  const rows = tasks.map((task) => taskRow(task, { ...options, position: positions?.get(task.id) ?? null }));
  const attributes = live === undefined ? '' : html` data-live="${live}"`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table class="tasks"><caption class="hidden">${caption}</caption>
<thead><tr>${choosable ? html`<th><span class="hidden">Select</span></th>` : ''}<th>State</th><th>Task</th><th>Spent</th><th>Created</th></tr></thead>
<tbody${attributes}>${rows}</tbody></table>
<p class="empty" ${tasks.length > 0 ? 'hidden' : ''} data-empty>${empty}</p></div>`;
}
