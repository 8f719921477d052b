import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import type { z } from 'zod';
import { exactUsd, usdToNano } from '../../budget/money.ts';
import {
  attemptDocument,
  costDocument,
  eventDocument,
  queueDocument,
  taskDocument,
} from '../../control/task-document.ts';
import { queryOf, readFilter, writeCursor } from '../list-filter.ts';
import { findVisible, readLog } from '../load-task.ts';
import type { DashboardParts, WebContext, WebEnv } from '../parts.ts';
import { isOurForm } from '../sign-in/viewer.ts';
import { makeOpenApi } from './openapi.ts';
import { problem } from './problem.ts';
import { createRateLimit } from './rate-limit.ts';
import { ActionRequest, EventsQuery, LogQuery, UsageQueryFields } from './schemas.ts';

const DAY_MS = 86_400_000;
const LOG_BYTES = 1_048_576;
const LOGS = ['agent', 'setup', 'verify', 'worker'];

/** `/api/v1`: what the pages show and do, for programs. */
export function addApi(app: Hono<WebEnv>, parts: DashboardParts): void {
  const { clock, rights, stores } = parts;
  const waitOf = createRateLimit(clock);
  const description = makeOpenApi(parts.version);

  app.get('/api/v1/openapi.json', (c) => sendTagged(c, description));

  app.use('/api/v1/*', async (c, next) => {
    const { actor, by } = c.get('viewer');
    const seconds = waitOf(by.kind === 'token' ? by.tokenId : String(actor.id));
    if (seconds === null) {
      return next();
    }
    c.header('retry-after', String(seconds));
    return problem(c, { status: 429, code: 'TOO_MANY_REQUESTS', detail: `Ask again in ${seconds} s.` });
  });

  app.get('/api/v1/tasks', async (c) => {
    const read = readFilter(new URL(c.req.url).searchParams);
    if (!read.ok) {
      return problem(c, { status: 400, code: 'BAD_QUERY', detail: `${read.problem}.` });
    }
    const page = await stores.lists.page(queryOf(read, await rights.visible(c.get('viewer'))));
    const next = page.next === null ? null : writeCursor(page.next);
    return sendTagged(c, { tasks: page.tasks.map(taskDocument), next_cursor: next });
  });

  app.get('/api/v1/tasks/:id', async (c) => {
    const task = await findVisible(c.req.param('id'), c.get('viewer'), parts);
    if (task === null) {
      return missing(c);
    }
    const [attempts, totals, position, keys] = await Promise.all([
      stores.lists.attempts(task.id),
      stores.attempts.totals(task.id),
      task.wait?.reason === 'slot' ? stores.tasks.position(task.id) : null,
      parts.artifacts.list(`${task.id}/`).catch(() => []),
    ]);
    return sendTagged(c, {
      task: taskDocument(task),
      attempts: attempts.map(attemptDocument),
      queue: position === null ? null : queueDocument(position),
      cost: costDocument(totals),
      files: keys.map((key) => key.slice(task.id.length + 1)),
    });
  });

  app.get('/api/v1/tasks/:id/events', async (c) => {
    const query = readQuery(c, EventsQuery);
    if (!query.ok) {
      return query.refusal;
    }
    const task = await findVisible(c.req.param('id'), c.get('viewer'), parts);
    if (task === null) {
      return missing(c);
    }
    const events = await stores.tasks.events(task.id, { afterSeq: query.value.after });
    return sendTagged(c, { events: events.map(eventDocument) });
  });

  app.get('/api/v1/tasks/:id/logs/:name', async (c) => {
    const query = readQuery(c, LogQuery);
    if (!query.ok) {
      return query.refusal;
    }
    const { id, name } = c.req.param();
    const task = await findVisible(id, c.get('viewer'), parts);
    const epoch = query.value.attempt ?? task?.epoch ?? 0;
    const bytes = task === null || !LOGS.includes(name) ? null : await readLog({ id: task.id, epoch }, name, parts);
    if (bytes === null) {
      return missing(c);
    }
    const { offset } = query.value;
    const part = bytes.subarray(offset, offset + LOG_BYTES);
    // What follows is asked for with this number; a log only grows.
    c.header('bosun-next-offset', String(Math.min(offset, bytes.length) + part.length));
    return c.body(new Uint8Array(part), 200, { 'content-type': 'text/plain; charset=utf-8' });
  });

  app.post('/api/v1/tasks/:id/actions', async (c) => {
    const viewer = c.get('viewer');
    if (!(c.req.header('content-type') ?? '').startsWith('application/json')) {
      return problem(c, { status: 415, code: 'NOT_JSON', detail: 'Send the body as application/json.' });
    }
    const form = {
      token: c.req.header('x-form-token') ?? '',
      origin: c.req.header('origin'),
      host: c.req.header('host'),
    };
    // Programs of this machine bring no token of a form; a browser always says where a request like this comes from.
    const isLocalProgram = viewer.by.kind === 'local' && form.origin === undefined;
    if (!isLocalProgram && !isOurForm(viewer, form, { sealer: parts.sealer, publicUrl: parts.config.http.publicUrl })) {
      return problem(c, { status: 403, code: 'FORGED', detail: 'Send a token of yours, not the cookie of a browser.' });
    }
    const text = await c.req.text();
    const read = ActionRequest.safeParse(parseJson(text));
    if (!read.success) {
      return problem(c, { status: 400, code: 'BAD_REQUEST', detail: describeIssue(read.error) });
    }
    const task = await findVisible(c.req.param('id'), viewer, parts);
    if (task === null) {
      return missing(c);
    }
    if (!(await rights.mayAct(viewer, { ...task.repository, installationId: task.installationId }))) {
      const detail = viewer.mayAct ? 'You need write access to the repository.' : 'This token may only read.';
      return problem(c, { status: 403, code: 'NOT_ALLOWED', detail });
    }
    const { action, commit, from_scratch: fromScratch = false, usd } = read.data;
    if (action === 'top-up' && usd === undefined) {
      return problem(c, { status: 400, code: 'BAD_REQUEST', detail: '`usd` says how much to add.' });
    }
    const given = c.req.header('idempotency-key');
    if (given !== undefined && !/^[\x21-\x7e]{1,100}$/.test(given)) {
      const detail = 'An idempotency key has 1 to 100 visible ASCII characters.';
      return problem(c, { status: 400, code: 'BAD_REQUEST', detail });
    }
    const now = clock.now();
    const key = `${viewer.actor.id}/${given ?? parts.newId(now)}`;
    if (given !== undefined) {
      const sha256 = createHash('sha256').update(`${task.id}\n${text}`).digest('hex');
      const claim = await stores.access.claimRequest({ key, sha256, now });
      if (claim.kind === 'answered') {
        return c.json(claim.answer.body as object, claim.answer.status as 200);
      }
      if (claim.kind !== 'mine') {
        const isOther = claim.kind === 'other_request';
        return isOther
          ? problem(c, { status: 422, code: 'KEY_USED', detail: 'This idempotency key came with another request.' })
          : problem(c, { status: 409, code: 'UNDER_WAY', detail: 'A request with this key is under way.' });
      }
    }
    const result = await parts.act({
      action,
      task,
      by: viewer.actor,
      now,
      key,
      fromScratch,
      ...(usd === undefined ? {} : { addNano: usdToNano(usd) }),
      ...(commit === undefined ? {} : { commit }),
    });
    if (!result.done) {
      return problem(c, { status: 409, code: result.code.toUpperCase(), detail: result.sentence });
    }
    const body = { code: result.code, message: result.sentence, task: taskDocument(result.task) };
    if (given !== undefined) {
      await stores.access.settleRequest({ key, answer: { status: 200, body }, now });
    }
    return c.json(body);
  });

  app.get('/api/v1/repositories', async (c) => {
    const visible = await rights.visible(c.get('viewer'));
    const repositories = (await stores.lists.repositories()).filter(
      ({ id }) => visible === null || visible.includes(id),
    );
    return sendTagged(c, {
      repositories: repositories.map(({ id, name, owner }) => ({ id, name: `${owner}/${name}` })),
    });
  });

  app.get('/api/v1/usage', async (c) => {
    const query = readQuery(c, UsageQueryFields);
    if (!query.ok) {
      return query.refusal;
    }
    const { by, days } = query.value;
    const to = clock.now();
    const from = new Date(to.getTime() - days * DAY_MS);
    const repositoryIds = await rights.visible(c.get('viewer'));
    const rows = await stores.lists.usage({ repositoryIds, from, to, by, limit: 1_000 });
    return c.json({
      from,
      to,
      rows: rows.map(({ costNano, ...row }) => ({ ...row, usd: Number(exactUsd(costNano)) })),
    });
  });
}

/** JSON with a tag of its content, so that who has it already gets 304. */
function sendTagged(c: WebContext, body: object): Response {
  const text = JSON.stringify(body);
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  const headers = { etag: tag, 'cache-control': 'private, no-cache' };
  return c.req.header('if-none-match') === tag
    ? c.body(null, 304, headers)
    : c.body(`${text}\n`, 200, { ...headers, 'content-type': 'application/json' });
}

function missing(c: WebContext): Response {
  const detail = 'It does not exist, or GitHub does not show you its repository.';
  return problem(c, { status: 404, code: 'NOT_FOUND', detail });
}

function readQuery<T extends z.ZodType>(
  c: WebContext,
  schema: T,
): { readonly ok: true; readonly value: z.output<T> } | { readonly ok: false; readonly refusal: Response } {
  const read = schema.safeParse(c.req.query());
  return read.success
    ? { ok: true, value: read.data }
    : { ok: false, refusal: problem(c, { status: 400, code: 'BAD_QUERY', detail: describeIssue(read.error) }) };
}

function describeIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'cannot be read'}.`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
