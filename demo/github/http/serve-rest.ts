import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { canSee, checkAccess } from '../auth/access.ts';
import { findRepository } from '../state/find.ts';
import type { Repository, World } from '../state/world.ts';
import type { ValidateRequest, Violation } from '../openapi/validate-request.ts';
import type { Caller, Exchange, Reply } from './exchange.ts';
import { notFound, RestError } from './rest-error.ts';
import type { Match } from './route.ts';

export interface RestRequest {
  world: World;
  match: Match;
  method: string;
  path: string;
  base: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  /** Undefined when there is none. */
  body: unknown;
  caller: Caller;
}

export interface Validation {
  mode: 'strict' | 'record' | 'off';
  validate: ValidateRequest;
  violations: Violation[];
}

/** Carries one REST request through access, validation and its handler. Throws `RestError` for refusals. */
export async function serveRest(request: RestRequest, validation: Validation): Promise<Reply> {
  const { world, match, caller } = request;
  const repository = findVisible(request);
  checkAccess(caller, match.route.need, repository);
  checkDescription(request, validation);
  const exchange: Exchange = {
    world,
    method: request.method,
    path: request.path,
    base: request.base,
    params: match.params,
    query: request.query,
    headers: request.headers,
    body: Array.isArray(request.body) ? { items: request.body } : ((request.body ?? {}) as Record<string, unknown>),
    caller,
    repository,
  };
  return match.route.handle(exchange);
}

/** The repository in the path: 404 for one the caller may not see, 301 for one that has a new name. */
function findVisible({ world, match, path, caller }: RestRequest): Repository | undefined {
  const { owner, repo } = match.params;
  if (owner === undefined || repo === undefined) {
    return undefined;
  }
  const repository = findRepository(world, owner, repo);
  if (repository) {
    if (!canSee(caller, repository)) {
      throw notFound();
    }
    return repository;
  }
  const moved = world.formerNames.get(`${owner}/${repo}`.toLowerCase());
  if (moved === undefined) {
    throw notFound();
  }
  const rest = path.split('/').slice(4).join('/');
  const url = `${world.apiUrl}/repositories/${moved}${rest === '' ? '' : `/${rest}`}`;
  throw new RestError(301, 'Moved Permanently', { body: { url }, headers: { location: url } });
}

function checkDescription(request: RestRequest, { mode, validate, violations }: Validation): void {
  if (mode === 'off') {
    return;
  }
  const { match, path, query, body } = request;
  const route = `${match.route.method} ${match.route.path}`;
  const violation = validate({ route, path, params: match.params, query, body });
  if (!violation) {
    return;
  }
  violations.push(violation);
  if (mode === 'strict') {
    throw new RestError(400, `This request does not match GitHub's description of ${violation.operation}.`, {
      errors: violation.problems,
    });
  }
}

/** Writes an answer, as 304 when the client has it already. Returns the status. */
export function writeReply(
  response: ServerResponse,
  reply: Reply,
  request: { method: string; ifNoneMatch: string | undefined; headers: Record<string, string> },
): number {
  const headers: Record<string, string> = { ...request.headers, ...reply.headers };
  const isText = typeof reply.body === 'string' || Buffer.isBuffer(reply.body);
  const bytes = isText
    ? Buffer.from(reply.body as string)
    : Buffer.from(reply.body === undefined ? '' : JSON.stringify(reply.body));
  if (!isText && reply.body !== undefined) {
    headers['content-type'] = 'application/json; charset=utf-8';
  }
  let { status } = reply;
  if (request.method === 'GET' && status === 200) {
    headers['etag'] = `W/"${createHash('sha256').update(bytes).digest('hex')}"`;
    headers['cache-control'] = 'private, max-age=60, s-maxage=60';
    status = request.ifNoneMatch === headers['etag'] ? 304 : 200;
  }
  response.writeHead(status, headers);
  response.end(status === 304 || request.method === 'HEAD' ? undefined : bytes);
  return status;
}
