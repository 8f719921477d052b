import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie } from 'hono/cookie';
import { DatabaseError } from '../store/database.ts';
import { addApi } from './api/api-routes.ts';
import { problem } from './api/problem.ts';
import { addLive } from './live/live-routes.ts';
import { addPages } from './page-routes.ts';
import type { DashboardParts, WebContext, WebEnv } from './parts.ts';
import { renderProblem, renderWelcome } from './pages/plain-pages.ts';
import { frameOf, sendMissing, sendPage } from './respond.ts';
import { createStatus } from './create-status.ts';
import { RightsUnknown } from './sign-in/rights.ts';
import { addSignIn, cookieNames, isSecure } from './sign-in/sign-in-routes.ts';
import { identify } from './sign-in/viewer.ts';
import { addStaticFiles } from './static-files.ts';
import { addTaskPages } from './task-routes.ts';
import { addTokenPages } from './token-routes.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

const MAX_BODY_BYTES = 64 * 1_024;
/** First words of the paths that are ours; the rest belongs to others or to nobody. */
const OURS = new Set([
  '',
  'tasks',
  'usage',
  'deliveries',
  'settings',
  'tokens',
  'login',
  'logout',
  'live',
  'assets',
  'api',
]);

/** `/status` for machines; the pages, the API and the live streams for people. Resolves with false for other paths. */
export function createDashboard(parts: DashboardParts): Handler {
  const { config, readReadiness, stores, version } = parts;
  const { metricsToken } = config.http;
  const status = createStatus({ metricsToken, readReadiness, tasks: stores.tasks, version });
  if (config.dashboard.mode === 'off') {
    return status;
  }
  const app = createApp(parts);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return async (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const isOurs = OURS.has(path.split('/')[1] ?? '') && (!path.startsWith('/api/') || path.startsWith('/api/v1/'));
    if (!isOurs) {
      return status(request, response);
    }
    await listener(request, response);
    return true;
  };
}

function createApp(parts: DashboardParts): Hono<WebEnv> {
  const { config, log } = parts;
  const { publicUrl } = config.http;
  const names = cookieNames(publicUrl);
  const app = new Hono<WebEnv>();

  app.use(async (c, next) => {
    c.header('cache-control', 'no-store');
    c.header('x-content-type-options', 'nosniff');
    c.header('referrer-policy', 'same-origin');
    c.header('cross-origin-opener-policy', 'same-origin');
    c.header('cross-origin-resource-policy', 'same-origin');
    if (isSecure(publicUrl)) {
      c.header('strict-transport-security', 'max-age=31536000');
    }
    await next();
  });
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.text('The request is too large.\n', 413) }));
  addStaticFiles(app);

  app.use(async (c, next) => {
    const found = await identify(c.env.incoming, getCookie(c, names.session), {
      config: config.dashboard,
      sessions: parts.sessions,
      access: parts.stores.access,
      clock: parts.clock,
    });
    if (found.kind === 'viewer') {
      c.set('viewer', found.viewer);
      return next();
    }
    return isOpen(c.req.path) && found.kind === 'nobody' ? next() : turnAway(c, found);
  });

  async function turnAway(
    c: WebContext,
    found: { kind: 'nobody' } | { kind: 'refused'; why: string },
  ): Promise<Response> {
    if (c.req.path.startsWith('/api/')) {
      const detail = found.kind === 'refused' ? found.why : 'Send a token of yours as `Authorization: Bearer bosun_…`.';
      c.header('www-authenticate', 'Bearer realm="bosun"');
      return problem(c, { status: 401, code: 'NOT_SIGNED_IN', detail });
    }
    const frame = frameOf(null, parts);
    if (found.kind === 'refused') {
      const title = 'You are not let in';
      return sendPage(c, { title, content: renderProblem({ title, detail: found.why }) }, { frame, status: 403 });
    }
    const isPage = c.req.method === 'GET' && !c.req.path.startsWith('/live/');
    const returnTo = isPage ? `${c.req.path}${new URL(c.req.url).search}` : '/';
    const content = renderWelcome({
      readiness: await parts.readReadiness(),
      canSignIn: parts.signIn !== null,
      returnTo,
    });
    return sendPage(c, { title: 'Sign in', content }, { frame, status: c.req.path === '/' ? 200 : 401 });
  }

  addSignIn(app, parts);
  addPages(app, parts);
  addTaskPages(app, parts);
  addTokenPages(app, parts);
  addLive(app, parts);
  addApi(app, parts);

  app.notFound((c) =>
    c.req.path.startsWith('/api/')
      ? problem(c, { status: 404, code: 'NOT_FOUND', detail: 'There is nothing at this address.' })
      : sendMissing(c, frameOf(c.get('viewer') ?? null, parts)),
  );
  app.onError((error, c) => {
    const isDatabase = error instanceof DatabaseError && error.unavailable;
    if (!(error instanceof RightsUnknown) && !isDatabase) {
      log.error('A page could not be made', { err: error, path: c.req.path });
    }
    const detail = describeError(error);
    c.header('retry-after', '10');
    if (c.req.path.startsWith('/api/')) {
      return problem(c, { status: 503, code: 'UNAVAILABLE', detail });
    }
    const title = 'This cannot be shown right now';
    const frame = frameOf(c.get('viewer') ?? null, parts);
    return sendPage(c, { title, content: renderProblem({ title, detail }) }, { frame, status: 503 });
  });
  return app;
}

/** Nobody has to be signed in for these. */
function isOpen(path: string): boolean {
  return path === '/login' || path === '/login/callback' || path === '/api/v1/openapi.json';
}

function describeError(error: Error): string {
  if (error instanceof RightsUnknown) {
    return error.message;
  }
  return error instanceof DatabaseError && error.unavailable
    ? 'The database does not answer. Tasks wait and nothing is lost; try again in a moment.'
    : 'Something went wrong; the log of the server has the reason.';
}
