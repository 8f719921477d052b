import type { Hono } from 'hono';
import { parseUsd } from '../budget/money.ts';
import { ARTIFACT_NAMES } from '../store/artifacts.ts';
import { findVisible, loadTask, shownLog } from './load-task.ts';
import { readAction } from './page-routes.ts';
import type { DashboardParts, WebEnv } from './parts.ts';
import { foreign, html } from './pages/html.ts';
import { renderTaskPage } from './pages/task-page.ts';
import { frameOf, readForm, sendForged, sendMissing, sendPage, textOf } from './respond.ts';

/** Files that are text; the rest is not shown. */
const SHOWN = ARTIFACT_NAMES.filter((name) => /\.(log|json|patch)$/.test(name));
const FILE_CHARACTERS = 2_000_000;

/** The page of one task, what it left, and its buttons. */
export function addTaskPages(app: Hono<WebEnv>, parts: DashboardParts): void {
  const { clock, rights } = parts;

  app.get('/tasks/:id', async (c) => {
    const viewer = c.get('viewer');
    const frame = { ...frameOf(viewer, parts), formKey: parts.newId(clock.now()) };
    const task = await findVisible(c.req.param('id'), viewer, parts);
    if (task === null) {
      return sendMissing(c, frame);
    }
    const content = renderTaskPage(await loadTask(task, viewer, parts), frame);
    const title = `${task.repository.owner}/${task.repository.name}#${task.thread.number}`;
    return sendPage(c, { title, content, current: '/tasks' }, { frame });
  });

  app.post('/tasks/:id', async (c) => {
    const viewer = c.get('viewer');
    const frame = { ...frameOf(viewer, parts), formKey: parts.newId(clock.now()) };
    const task = await findVisible(c.req.param('id'), viewer, parts);
    if (task === null) {
      return sendMissing(c, frame);
    }
    const form = await readForm(c, parts);
    if (form === null) {
      return sendForged(c, frame);
    }
    const action = readAction(textOf(form, 'action'));
    const addNano = parseUsd(textOf(form, 'usd'));
    const commit = textOf(form, 'commit');
    const problem = await problemOf();
    if (problem !== null || action === null) {
      return show({ kind: 'bad', sentence: problem ?? 'This page does not have such a button.' });
    }
    const result = await parts.act({
      action,
      task,
      by: viewer.actor,
      now: clock.now(),
      key: `${viewer.actor.id}/${textOf(form, 'key')}`,
      fromScratch: textOf(form, 'from_scratch') === '1',
      ...(addNano === null ? {} : { addNano }),
      ...(commit === '' ? {} : { commit }),
    });
    if (result.done) {
      return c.redirect(`/tasks/${result.task.id}`, 303);
    }
    return show({ kind: 'bad', sentence: result.sentence });

    async function problemOf(): Promise<string | null> {
      if (
        task !== null &&
        !(await rights.mayAct(viewer, { ...task.repository, installationId: task.installationId }))
      ) {
        return 'You need write access to the repository for that.';
      }
      return action === 'top-up' && (addNano === null || addNano === 0)
        ? 'Enter an amount of USD, such as 5 or 2.50.'
        : null;
    }

    async function show(notice: { kind: 'bad'; sentence: string }): Promise<Response> {
      const now = (await parts.stores.tasks.find(c.req.param('id').toUpperCase())) ?? task;
      const content = now === null ? html`` : renderTaskPage(await loadTask(now, viewer, parts), frame);
      return sendPage(c, { title: 'Nothing was done', content, current: '/tasks', notice }, { frame, status: 409 });
    }
  });

  app.get('/tasks/:id/files/:epoch/:name', async (c) => {
    const viewer = c.get('viewer');
    const frame = frameOf(viewer, parts);
    const { epoch, id, name } = c.req.param();
    const task = await findVisible(id, viewer, parts);
    const isFile = /^[1-9]\d{0,5}$/.test(epoch) && (SHOWN as readonly string[]).includes(name);
    const bytes = task === null || !isFile ? null : await parts.artifacts.get(`${task.id}/${epoch}/${name}`);
    if (task === null || bytes === null) {
      return sendMissing(c, frame);
    }
    const text = Buffer.from(bytes.subarray(0, FILE_CHARACTERS)).toString('utf8');
    const content = html`<p class="crumbs">
        <a href="/tasks">Tasks</a> / <a href="/tasks/${task.id}">${foreign(task.text.title, 80)}</a>
      </p>
      <h1>${name} <span class="dim">of attempt ${epoch}</span></h1>
      <pre class="text whole" tabindex="0" aria-label="${name}">${shownLog(text)}</pre>`;
    return sendPage(c, { title: name, content, current: '/tasks' }, { frame });
  });
}
