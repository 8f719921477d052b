import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { authenticate } from '../auth/authenticate.ts';
import { isSignIn, serveSignIn } from '../auth/sign-in.ts';
import { serveGitRequest } from '../git/serve-git-request.ts';
import { LFS_PATH, serveLfs } from '../git/serve-lfs.ts';
import type { AppSetup } from '../pages/app-setup.ts';
import { renderPage } from '../pages/render-page.ts';
import { fullName } from '../state/find.ts';
import type { World } from '../state/world.ts';
import { callerLabel, type Caller, type Reply } from './exchange.ts';
import { applyAfterwards, applyFault, type Fault, type FaultBox } from './faults.ts';
import type { Limits } from './limits.ts';
import { readBody } from './read-body.ts';
import type { RequestLog, RequestRecord } from './request-log.ts';
import { RestError } from './rest-error.ts';
import type { Router } from './route.ts';
import { serveRest, writeReply, type Validation } from './serve-rest.ts';

export interface ServerParts {
  world: World;
  router: Router;
  faults: FaultBox;
  log: RequestLog;
  limits: Limits;
  /** `enforce` answers 403 with `retry-after` over a secondary limit. */
  limitMode: 'record' | 'enforce';
  validation: Validation;
  appSetup: AppSetup;
}

const GIT_PATH = /^\/[^/]+\/[^/]+\/(info\/refs|git-upload-pack|git-receive-pack)$/;
/** Where the redirect for the log of a job leads. */
const LOG_PATH = /^\/_logs\/(\d+)\/(\d+)$/;
/** First words of paths that belong to the API and never to a page. */
const API_ROOTS = new Set([
  'repos',
  'app',
  'app-manifests',
  'apps',
  'user',
  'users',
  'orgs',
  'installation',
  'repositories',
  'search',
  'graphql',
]);

export interface LocalServer {
  server: Server;
  /** Cuts all connections and waits until every request has left off. */
  close: () => Promise<void>;
}

export function createLocalServer(parts: ServerParts): LocalServer {
  const running = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const startedMs = performance.now();
    const record = startRecord(parts.world, request);
    parts.log.start(record);
    const work = handle(parts, { request, response, record })
      .catch((error: unknown) => {
        if (!response.destroyed) {
          process.stderr.write(`local GitHub: ${record.method} ${record.path}: ${String((error as Error).stack)}\n`);
        }
        record.status = 500;
        response.destroy();
      })
      .finally(() => {
        record.durationMs = performance.now() - startedMs;
        parts.log.finish(record);
        running.delete(work);
      });
    running.add(work);
  });
  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    await Promise.all(running);
  }
  return { server, close };
}

function startRecord(world: World, request: IncomingMessage): RequestRecord {
  const url = new URL(request.url ?? '/', world.url);
  const path = rewriteById(world, url.pathname.replace(/^\/api(\/v3(?=\/|$)|(?=\/graphql$))/, '') || '/');
  return {
    method: request.method ?? 'GET',
    path,
    query: url.search.slice(1),
    status: 0,
    actor: null,
    tokenId: null,
    body: undefined,
    at: world.now(),
    durationMs: 0,
  };
}

/** `/repositories/7/issues` is `/repos/OWNER/NAME/issues`: GitHub's redirects and links use it. */
function rewriteById(world: World, path: string): string {
  const [, root, id, ...rest] = path.split('/');
  const repository = root === 'repositories' ? world.repositories.get(Number(id)) : undefined;
  return repository ? ['/repos', fullName(repository), ...rest].join('/') : path;
}

interface Handling {
  request: IncomingMessage;
  response: ServerResponse;
  record: RequestRecord;
}

async function handle(parts: ServerParts, handling: Handling): Promise<void> {
  const { request, response, record } = handling;
  const { world } = parts;
  if (isSignIn(record)) {
    const fault = parts.faults.take(record.method, record.path);
    record.status =
      fault && (await applyFault(fault, response))
        ? (fault.status ?? 0)
        : writeReply(response, await serveSignIn(world, { request, record }), plain(record.method));
    return;
  }
  let caller: Caller | RestError;
  try {
    caller = authenticate(world, request.headers.authorization);
    noteCaller(world, record, caller);
  } catch (error) {
    caller = asRestError(error);
  }
  const fault = parts.faults.take(record.method, record.path);
  if (fault && (await applyFault(fault, response))) {
    record.status = fault.status ?? 0;
    request.resume();
    return;
  }
  if (GIT_PATH.test(record.path)) {
    record.status = await serveGitRequest(world, {
      request,
      response,
      record,
      caller,
      answerInstead: () => applyAfterwards(fault, response),
    });
    return;
  }
  if (LFS_PATH.test(record.path)) {
    record.status = await serveLfs(world, { request, response, path: record.path, caller });
    return;
  }
  const [, repositoryId, jobId] = LOG_PATH.exec(record.path) ?? [];
  if (repositoryId !== undefined) {
    const log = world.repositories.get(Number(repositoryId))?.jobLogs.get(Number(jobId));
    const reply: Reply = { status: log === undefined ? 404 : 200, body: log ?? '' };
    record.status = writeReply(response, reply, plain(record.method));
    return;
  }
  const setupPage = isUnderPrefix(request) ? undefined : await parts.appSetup.serve(request, record.path);
  if (setupPage !== undefined) {
    record.status = writeReply(response, setupPage, plain(record.method));
    return;
  }
  const match = parts.router(record.method === 'HEAD' ? 'GET' : record.method, record.path);
  if (isPage(request, record) && (!match || record.path === '/')) {
    record.status = writeReply(response, await renderPage(world, record), plain(record.method));
    return;
  }
  await handleRest(parts, { ...handling, caller, match, fault });
}

/** `/` is a page for browsers and the API's root for everything else. */
function isPage(request: IncomingMessage, record: RequestRecord): boolean {
  if (record.method !== 'GET' || isUnderPrefix(request)) {
    return false;
  }
  const root = record.path.split('/')[1] ?? '';
  return root === '' ? (request.headers.accept ?? '').includes('text/html') : !API_ROOTS.has(root);
}

function isUnderPrefix(request: IncomingMessage): boolean {
  return /^\/api\/v3(\/|$|\?)/.test(request.url ?? '');
}

function plain(method: string): { method: string; ifNoneMatch: undefined; headers: Record<string, string> } {
  return { method, ifNoneMatch: undefined, headers: { 'cache-control': 'no-store' } };
}

async function handleRest(
  parts: ServerParts,
  handling: Handling & { caller: Caller | RestError; match: ReturnType<Router>; fault: Fault | undefined },
): Promise<void> {
  const { request, response, record, caller, match, fault } = handling;
  const { world, limits } = parts;
  const callerName = record.actor ?? 'anonymous';
  const atMs = world.now().getTime();
  const createsContent =
    record.method === 'POST' && /\/(issues|comments|pulls|reviews|reactions|check-runs)$/.test(record.path);
  const retryAfter = limits.begin({ caller: callerName, method: record.method, createsContent, atMs });
  const rate = limits.primary(callerName, atMs);
  let reply: Reply;
  try {
    const bytes = await readBody(request);
    record.body = parseBody(bytes);
    if (caller instanceof RestError) {
      throw caller;
    }
    if (rate.used > rate.limit) {
      throw new RestError(403, 'API rate limit exceeded for this installation.');
    }
    if (retryAfter !== undefined && parts.limitMode === 'enforce') {
      throw new RestError(
        403,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        {
          headers: { 'retry-after': String(retryAfter) },
        },
      );
    }
    if (!match || 'allowed' in match) {
      throw missing(record);
    }
    const base = isUnderPrefix(request) ? world.apiUrl : world.url;
    const rest = {
      world,
      match,
      method: record.method,
      path: record.path,
      base,
      query: new URLSearchParams(record.query),
    };
    const headers = request.headers as Record<string, string | undefined>;
    reply = await serveRest({ ...rest, headers, body: record.body, caller }, parts.validation);
  } catch (error) {
    const refusal = asRestError(error);
    reply = { status: refusal.status, body: refusal.body, headers: refusal.headers };
  } finally {
    limits.end(callerName);
  }
  if (applyAfterwards(fault, response)) {
    return;
  }
  record.status = writeReply(response, reply, {
    method: record.method,
    ifNoneMatch: request.headers['if-none-match'],
    headers: commonHeaders(rate),
  });
}

function missing(record: RequestRecord): RestError {
  return new RestError(501, `The local GitHub does not have ${record.method} ${record.path}.`, {
    body: { hint: 'Add a route in demo/github/rest and cut the slice again with demo/github/openapi/make-slice.ts.' },
  });
}

function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) {
    return undefined;
  }
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw new RestError(400, 'Problems parsing JSON');
  }
}

function asRestError(error: unknown): RestError {
  if (error instanceof RestError) {
    return error;
  }
  throw error;
}

function noteCaller(world: World, record: RequestRecord, caller: Caller): void {
  record.actor = caller.kind === 'anonymous' ? null : callerLabel(world, caller);
  record.tokenId = caller.kind === 'token' ? caller.token.id : null;
}

function commonHeaders(rate: {
  limit: number;
  remaining: number;
  used: number;
  resetSeconds: number;
}): Record<string, string> {
  return {
    server: 'local-github',
    'x-github-request-id': randomUUID(),
    'x-github-media-type': 'github.v3; format=json',
    'x-ratelimit-limit': String(rate.limit),
    'x-ratelimit-remaining': String(rate.remaining),
    'x-ratelimit-used': String(rate.used),
    'x-ratelimit-reset': String(rate.resetSeconds),
    'x-ratelimit-resource': 'core',
  };
}
