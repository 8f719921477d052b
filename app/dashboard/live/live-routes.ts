import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { queryOf, readFilter } from '../list-filter.ts';
import { findVisible, loadTask, readLog, shownLog } from '../load-task.ts';
import { positionsOf } from '../page-routes.ts';
import { taskParts } from '../pages/task-page.ts';
import { taskRow } from '../pages/task-rows.ts';
import type { DashboardParts, WebContext, WebEnv } from '../parts.ts';
import { frameOf, sendMissing } from '../respond.ts';
import { RIGHTS_MS } from '../sign-in/rights.ts';
import type { Viewer } from '../sign-in/viewer.ts';
import { createTicker } from './ticker.ts';

/** Streams of one process; each costs a connection and what was sent last. */
const MAX_STREAMS = 600;
/** Without a hint it is looked all the same, so that what was missed shows. */
const LOOK_MS = 10_000;
/** Between two looks, however much happens. */
const PAUSE_MS = 250;

/**
 * Live pages by server-sent events. A look reads the rows as they are and sends what differs from what was sent before, so
 * what arrives is in the order of commits, and whoever was away gets the present state. A reader who is too slow is not
 * waited for: the next look starts when everything before it has been taken, and sees the newest state only.
 */
export function addLive(app: Hono<WebEnv>, parts: DashboardParts): void {
  let streams = 0;

  /** Runs looks until the client leaves, the session ends, the right is lost or the server stops. */
  function serve(
    c: WebContext,
    watch: {
      readonly concerns: (taskId: string) => boolean;
      readonly maySee: () => Promise<boolean>;
      readonly look: (stream: SSEStreamingApi) => Promise<void>;
    },
  ): Response {
    if (streams >= MAX_STREAMS) {
      c.header('retry-after', '60');
      return c.text('Too many pages are live at this server.\n', 503);
    }
    const viewer = c.get('viewer');
    streams += 1;
    return streamSSE(c, async (stream) => {
      const ticker = createTicker({ everyMs: LOOK_MS, pauseMs: PAUSE_MS });
      const stop = parts.changes.subscribe((taskId) => {
        if (taskId === null || watch.concerns(taskId)) {
          ticker.ring();
        }
      });
      stream.onAbort(() => ticker.close());
      parts.stopped.addEventListener('abort', ticker.close, { once: true });
      let checkedAt = 0;
      try {
        await stream.write('retry: 2000\n\n');
        do {
          const now = parts.clock.now().getTime();
          if (isOver(viewer, now) || (now - checkedAt >= RIGHTS_MS / 2 && !(await watch.maySee()))) {
            await stream.writeSSE({ event: 'end', data: JSON.stringify({ reason: 'you may not see this any more' }) });
            break;
          }
          checkedAt = now - checkedAt >= RIGHTS_MS / 2 ? now : checkedAt;
          await watch.look(stream);
        } while (!parts.stopped.aborted && (await ticker.next()));
      } finally {
        streams -= 1;
        stop();
        parts.stopped.removeEventListener('abort', ticker.close);
        ticker.close();
      }
    });
  }

  app.get('/live/tasks', (c) => {
    const viewer = c.get('viewer');
    const read = readFilter(new URL(c.req.url).searchParams);
    if (!read.ok) {
      return c.text(`${read.problem}\n`, 400);
    }
    const sent = new Map<string, string>();
    let order = '';
    return serve(c, {
      concerns: () => true,
      maySee: async () => true,
      async look(stream) {
        const page = await parts.stores.lists.page(queryOf(read, await parts.rights.visible(viewer)));
        const positions = await positionsOf(page.tasks, parts);
        const now = parts.clock.now();
        const rows: Record<string, string> = {};
        for (const task of page.tasks) {
          const position = positions.get(task.id) ?? null;
          const state = hash(JSON.stringify([task.revision, task.spentNano, position, task.state]));
          if (sent.get(task.id) !== state) {
            sent.set(task.id, state);
            rows[task.id] = String(await taskRow(task, { now, choosable: true, position }));
          }
        }
        const ids = page.tasks.map(({ id }) => id);
        if (Object.keys(rows).length > 0 || order !== ids.join()) {
          order = ids.join();
          for (const id of sent.keys()) {
            if (!ids.includes(id)) {
              sent.delete(id);
            }
          }
          await stream.writeSSE({ event: 'rows', data: JSON.stringify({ order: ids, rows }) });
        } else {
          await stream.write(': nothing new\n\n');
        }
      },
    });
  });

  app.get('/live/tasks/:id', async (c) => {
    const viewer = c.get('viewer');
    const first = await findVisible(c.req.param('id'), viewer, parts);
    const frame = { ...frameOf(viewer, parts), formKey: parts.newId(parts.clock.now()) };
    if (first === null) {
      return sendMissing(c, frame);
    }
    const { ends, revision } = startOf(c.req.header('last-event-id'), new URL(c.req.url).searchParams);
    const sent = new Map<string, string>();
    let shown = revision;
    let epoch = first.epoch;
    return serve(c, {
      concerns: (taskId) => taskId === first.id,
      maySee: async () => (await findVisible(first.id, viewer, parts)) !== null,
      async look(stream) {
        const task = await parts.stores.tasks.find(first.id);
        if (task === null) {
          return;
        }
        const changed: Record<string, string> = {};
        const all = taskParts(await loadTask(task, viewer, parts), frame);
        for (const [name, html] of Object.entries(all)) {
          const text = String(await html);
          // What the page was made with is on the page; only what differs from then on is sent.
          const isOnPage = sent.size < Object.keys(all).length && shown === task.revision;
          if (sent.get(name) !== hash(text) && !isOnPage) {
            changed[name] = text;
          }
          sent.set(name, hash(text));
        }
        shown = task.revision;
        if (task.epoch !== epoch) {
          epoch = task.epoch;
          ends.clear();
        }
        for (const name of ['agent', 'setup', 'verify', 'worker']) {
          const bytes = await readLog(task, name, parts);
          const end = ends.get(name) ?? 0;
          if (bytes !== null && bytes.length > end) {
            ends.set(name, bytes.length);
            const text = shownLog(bytes.subarray(Math.max(end, bytes.length - 200_000)).toString('utf8'));
            await stream.writeSSE({ event: 'log', data: JSON.stringify({ name, text, fresh: end === 0 }), id: idOf() });
          }
        }
        if (Object.keys(changed).length > 0) {
          await stream.writeSSE({ event: 'parts', data: JSON.stringify(changed), id: idOf() });
        } else {
          await stream.write(': nothing new\n\n');
        }
      },
    });

    /** All that is needed to go on after a gap. */
    function idOf(): string {
      return `${shown};${[...ends].map(([name, end]) => `${name}:${end}`).join(',')}`;
    }
  });
}

/** Where the client stands: what it heard last, or else what its page was made with. */
function startOf(lastId: string | undefined, query: URLSearchParams): { revision: number; ends: Map<string, number> } {
  const [revision = '', logs = ''] = lastId?.split(';') ?? [query.get('revision') ?? '', query.get('logs') ?? ''];
  const ends = [...logs.matchAll(/(agent|setup|verify|worker):(\d{1,9})/g)].map(
    ([, name = '', end]) => [name, Number(end)] as const,
  );
  return { revision: /^\d{1,9}$/.test(revision) ? Number(revision) : -1, ends: new Map(ends) };
}

function isOver({ by }: Viewer, now: number): boolean {
  return by.kind === 'session' && by.until <= now;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
