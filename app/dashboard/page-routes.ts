import type { Hono } from 'hono';
import { TASK_ACTIONS, type TaskAction } from '../control/act-on-task.ts';
import type { ScopeAccount } from '../budget/scopes.ts';
import type { QueuePosition } from '../store/stores.ts';
import type { Task } from '../task/task.ts';
import { filterQuery, LIST_STATES, queryOf, readFilter } from './list-filter.ts';
import type { DashboardParts, WebEnv } from './parts.ts';
import { renderDeliveries, renderSettings } from './pages/operator-pages.ts';
import { budgetName, renderOverview } from './pages/overview.ts';
import { renderProblem } from './pages/plain-pages.ts';
import { renderTasks } from './pages/tasks.ts';
import { renderUsage, USAGE_DAYS } from './pages/usage.ts';
import { frameOf, readForm, sendForged, sendMissing, sendPage, textOf } from './respond.ts';
import { localPath } from './sign-in/session.ts';
import type { Viewer } from './sign-in/viewer.ts';

const DAY_MS = 86_400_000;
const MOST_AT_ONCE = 100;

/** The pages about many tasks. Everybody who comes here is signed in. */
export function addPages(app: Hono<WebEnv>, parts: DashboardParts): void {
  const { clock, rights, stores } = parts;
  const { inbox, lists } = stores;

  app.get('/', async (c) => {
    const viewer = c.get('viewer');
    const repositoryIds = await rights.visible(viewer);
    const page = { repositoryIds, sort: 'newest', after: null, limit: 20 } as const;
    const [counts, running, waiting, failing, budgets, readiness] = await Promise.all([
      lists.counts(repositoryIds),
      lists.page({ ...page, states: LIST_STATES.running }),
      lists.page({ ...page, states: LIST_STATES.waiting, sort: 'oldest' }),
      lists.page({ ...page, states: LIST_STATES.failed, limit: 8 }),
      visibleBudgets(repositoryIds),
      parts.readReadiness(),
    ]);
    const positions = await positionsOf(waiting.tasks, parts);
    const content = renderOverview({
      now: clock.now(),
      counts,
      running: running.tasks,
      waiting: waiting.tasks,
      failing: failing.tasks,
      positions,
      budgets,
      readiness,
    });
    return sendPage(c, { title: 'Overview', content, current: '/' }, { frame: frameOf(viewer, parts) });
  });

  /** Those of repositories they may see; those of the server are the operator's. */
  async function visibleBudgets(ids: readonly number[] | null): Promise<(ScopeAccount & { of: string })[]> {
    const all = await stores.budgets.current({ now: clock.now(), limits: parts.config.limits.budgets });
    const repositories = await lists.repositories();
    const names = new Map(
      repositories
        .filter(({ id }) => ids === null || ids.includes(id))
        .map((one) => [one.id, `${one.owner}/${one.name}`]),
    );
    const named = all.flatMap((account) => {
      const isServer = !account.scope.includes(':');
      const of = isServer && ids !== null ? null : budgetName(account.scope, names);
      return of === null ? [] : [{ ...account, of }];
    });
    return named.toSorted((a, b) => b.spentNano - a.spentNano).slice(0, 30);
  }

  app.get('/tasks', async (c) => {
    const viewer = c.get('viewer');
    const frame = frameOf(viewer, parts);
    const read = readFilter(new URL(c.req.url).searchParams);
    if (!read.ok) {
      const title = 'The list cannot be shown';
      return sendPage(
        c,
        { title, content: renderProblem({ title, detail: `${read.problem}.` }) },
        { frame, status: 400 },
      );
    }
    const visible = await rights.visible(viewer);
    const [page, repositories] = await Promise.all([lists.page(queryOf(read, visible)), lists.repositories()]);
    const content = renderTasks(
      {
        now: clock.now(),
        filter: read.filter,
        page,
        next: page.next === null ? null : filterQuery(read.filter, page.next),
        here: filterQuery(read.filter, read.after),
        repositories: repositories.filter(({ id }) => visible === null || visible.includes(id)),
        formKey: parts.newId(clock.now()),
      },
      frame,
    );
    return sendPage(
      c,
      { title: 'Tasks', content, current: '/tasks', notice: noticeOf(c.req.query('done')) },
      { frame },
    );
  });

  app.post('/tasks', async (c) => {
    const viewer = c.get('viewer');
    const form = await readForm(c, parts);
    if (form === null) {
      return sendForged(c, frameOf(viewer, parts));
    }
    const action = readAction(textOf(form, 'action'));
    const ids = form
      .getAll('id')
      .filter((id) => typeof id === 'string')
      .slice(0, MOST_AT_ONCE);
    let done = 0;
    for (const id of action === null ? [] : ids) {
      const task = await stores.tasks.find(id);
      if (task !== null && action !== null && (await mayAct(viewer, task))) {
        const key = `${textOf(form, 'key')}/${id}`;
        done += (await parts.act({ action, task, by: viewer.actor, now: clock.now(), key })).done ? 1 : 0;
      }
    }
    const back = new URL(localPath(textOf(form, 'back')), 'http://here.invalid');
    back.searchParams.set('done', `${action ?? 'none'}-${done}-${ids.length}`);
    return c.redirect(`${back.pathname}${back.search}`, 303);
  });

  async function mayAct(viewer: Viewer, task: Task): Promise<boolean> {
    return rights.mayAct(viewer, { ...task.repository, installationId: task.installationId });
  }

  app.get('/usage', async (c) => {
    const viewer = c.get('viewer');
    const asked = Number(c.req.query('days') ?? 7);
    const days = USAGE_DAYS.find((each) => each === asked) ?? 7;
    const to = clock.now();
    const query = { repositoryIds: await rights.visible(viewer), from: new Date(to.getTime() - days * DAY_MS), to };
    const group = (by: 'day' | 'repository' | 'person' | 'type' | 'state') => lists.usage({ ...query, by, limit: 100 });
    const [byDay, repository, person, type, state, models] = await Promise.all([
      group('day'),
      group('repository'),
      group('person'),
      group('type'),
      group('state'),
      lists.modelUsage(query),
    ]);
    const content = renderUsage({ days, byDay, groups: { repository, person, type, state }, models });
    return sendPage(c, { title: 'Usage', content, current: '/usage' }, { frame: frameOf(viewer, parts) });
  });

  app.get('/deliveries', async (c) => {
    const viewer = c.get('viewer');
    const frame = frameOf(viewer, parts);
    if (!viewer.isOperator) {
      return sendMissing(c, frame);
    }
    const state = (['new', 'settled', 'parked'] as const).find((name) => name === c.req.query('state')) ?? null;
    const deliveries = await inbox.list({ state, limit: 200 });
    const now = clock.now();
    const content = renderDeliveries({ deliveries, state, now, formKey: parts.newId(now) }, frame);
    return sendPage(c, { title: 'Deliveries', content, current: '/deliveries' }, { frame });
  });

  app.post('/deliveries', async (c) => {
    const viewer = c.get('viewer');
    const frame = frameOf(viewer, parts);
    if (!viewer.isOperator) {
      return sendMissing(c, frame);
    }
    const form = await readForm(c, parts);
    if (form === null) {
      return sendForged(c, frame);
    }
    const id = textOf(form, 'id');
    await inbox.unpark({ id: id === '*' ? null : id, max: 1_000 });
    return c.redirect('/deliveries', 303);
  });

  app.get('/settings', (c) => {
    const viewer = c.get('viewer');
    const frame = frameOf(viewer, parts);
    return viewer.isOperator
      ? sendPage(c, { title: 'Settings', content: renderSettings(parts.config.shown), current: '/settings' }, { frame })
      : sendMissing(c, frame);
  });
}

export function readAction(text: string): TaskAction | null {
  return TASK_ACTIONS.find((name) => name === text) ?? null;
}

function noticeOf(done: string | undefined): { kind: 'good' | 'bad'; sentence: string } | null {
  const [, action, number, all] = /^(retry|cancel)-(\d{1,3})-(\d{1,3})$/.exec(done ?? '') ?? [];
  if (action === undefined) {
    return null;
  }
  const word = action === 'retry' ? 'retried' : 'cancelled';
  return { kind: number === all && number !== '0' ? 'good' : 'bad', sentence: `${number} of ${all} tasks ${word}.` };
}

export async function positionsOf(
  tasks: readonly Task[],
  { stores }: Pick<DashboardParts, 'stores'>,
): Promise<ReadonlyMap<string, QueuePosition>> {
  const found = await Promise.all(
    tasks
      .filter((task) => task.wait?.reason === 'slot')
      .slice(0, 20)
      .map(async (task) => [task.id, await stores.tasks.position(task.id)] as const),
  );
  return new Map(found.flatMap(([id, position]) => (position === null ? [] : [[id, position] as const])));
}
