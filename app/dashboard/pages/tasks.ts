import { TASK_TYPES } from '../../../protocol/index.ts';
import type { TaskPage } from '../../store/task-lists.ts';
import type { RepositoryRef } from '../../task/task.ts';
import { LIST_STATES, type ListFilter } from '../list-filter.ts';
import { formFields, type Frame } from './layout.ts';
import { html, line, type Html } from './html.ts';
import { taskTable } from './task-rows.ts';

export interface TasksFacts {
  readonly now: Date;
  readonly filter: ListFilter;
  readonly page: TaskPage;
  /** Query of the next page; null when this is the last. */
  readonly next: string | null;
  /** Query of this page. */
  readonly here: string;
  readonly repositories: readonly RepositoryRef[];
  readonly formKey: string;
}

export function renderTasks(facts: TasksFacts, frame: Frame): Html {
  const { filter, here, next, page } = facts;
  return html`<h1>Tasks</h1>
    <form class="filters" method="get" action="/tasks" role="search">
      <label
        >Search<input
          type="search"
          name="q"
          value="${line(filter.q ?? '', 200)}"
          placeholder="Words of the title, #12, an id"
          maxlength="200"
      /></label>
      <label
        >State<select name="state">
          <option value="">All</option>
          ${Object.keys(LIST_STATES).map((name) => option(name, filter.state))}
        </select></label
      >
      <label
        >Repository<select name="repository">
          <option value="">All</option>
          ${facts.repositories.map(({ id, name, owner }) =>
            option(
              String(id),
              filter.repository === undefined ? undefined : String(filter.repository),
              `${owner}/${name}`,
            ),
          )}
        </select></label
      >
      <label
        >Type<select name="type">
          <option value="">All</option>
          ${TASK_TYPES.map((name) => option(name, filter.type))}
        </select></label
      >
      <label
        >Person<input
          name="person"
          value="${line(filter.person ?? '', 39)}"
          maxlength="39"
          size="10"
          autocomplete="off"
      /></label>
      <label
        >Sort<select name="sort">
          ${['newest', 'oldest', 'cost'].map((name) => option(name, filter.sort))}
        </select></label
      >
      <button>Show</button>${here === '' ? '' : html`<a href="/tasks">Clear</a>`}
    </form>
    <form method="post" action="/tasks">
      ${formFields(frame, facts.formKey)}<input
        type="hidden"
        name="back"
        value="/tasks${here === '' ? '' : `?${here}`}"
      />
      ${taskTable(page.tasks, {
        now: facts.now,
        choosable: true,
        caption: 'Tasks',
        live: `/live/tasks${here === '' ? '' : `?${here}`}`,
        empty: 'No task fits. Comment /implement on an issue to start one.',
      })}
      <div class="bar">
        <span class="dim">Selected:</span><button name="action" value="retry">Retry</button
        ><button name="action" value="cancel" class="danger">Cancel</button>
        <span class="grow"></span
        >${next === null ? '' : html`<a class="button" rel="next" href="/tasks?${next}">Next page</a>`}
      </div>
    </form>`;
}

function option(value: string, chosen: string | undefined, text = value): Html {
  return value === chosen
    ? html`<option value="${value}" selected>${line(text, 100)}</option>`
    : html`<option value="${value}">${line(text, 100)}</option>`;
}
