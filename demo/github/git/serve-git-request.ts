import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterPush } from '../actions/push-actions.ts';
import { canSee, covers, grants } from '../auth/access.ts';
import type { Caller } from '../http/exchange.ts';
import type { RequestRecord } from '../http/request-log.ts';
import { RestError } from '../http/rest-error.ts';
import { findRepository, fullName, hasRole } from '../state/find.ts';
import type { Repository, World } from '../state/world.ts';
import { listRefs } from './refs.ts';
import { serveGit } from './smart-http.ts';

export interface GitCall {
  request: IncomingMessage;
  response: ServerResponse;
  record: RequestRecord;
  caller: Caller | RestError;
  /** Does something else instead of answering; true when it did. Asked when git is done. */
  answerInstead: () => boolean;
}

/** Clone, fetch and push at `/OWNER/NAME.git/...`, with the words GitHub's git server uses for refusals. */
export async function serveGitRequest(world: World, call: GitCall): Promise<number> {
  const { request, response, record, caller } = call;
  const [, owner = '', name = '', ...rest] = record.path.split('/');
  const repository = findRepository(world, decodeURIComponent(owner), decodeURIComponent(name).replace(/\.git$/, ''));
  const service = rest.join('/');
  const isPush = service === 'git-receive-pack' || record.query === 'service=git-receive-pack';
  if (caller instanceof RestError) {
    return refuse(call, { status: 401, text: 'Invalid username or token.' });
  }
  const moved = repository === undefined ? findMoved(world, call) : undefined;
  if (moved !== undefined) {
    const query = record.query === '' ? '' : `?${record.query}`;
    request.resume();
    response.writeHead(301, { location: `${world.url}/${fullName(moved)}.git/${service}${query}` }).end();
    return 301;
  }
  const isAnonymous = caller.kind === 'anonymous';
  if (isAnonymous && (isPush || !repository || repository.private)) {
    return refuse(call, { status: 401, text: 'Repository not found.' });
  }
  if (!repository || !canSee(caller, repository) || caller.kind === 'app') {
    return refuse(call, { status: 404, text: 'Repository not found.' });
  }
  const reason = refusalFor(caller, repository, isPush ? 'write' : 'read');
  if (reason) {
    return refuse(call, { status: 403, text: reason });
  }
  const user = caller.kind === 'token' ? caller.token.user : repository.owner;
  const git = {
    dir: repository.dir,
    service,
    request,
    response,
    query: record.query,
    remoteUser: user.login,
    answerInstead: call.answerInstead,
  };
  if (service !== 'git-receive-pack') {
    return serveGit(git);
  }
  return inTurn(repository, async () => {
    const before = await listRefs(repository.dir);
    async function beforeAnswer(): Promise<void> {
      await afterPush(world, repository as Repository, {
        before,
        after: await listRefs((repository as Repository).dir),
        by: user,
      });
    }
    return serveGit({ ...git, beforeAnswer });
  });
}

/** The repository that had this name before, for callers who may see it: github.com redirects git as it does the API. */
function findMoved(world: World, { caller, record }: GitCall): Repository | undefined {
  const [, owner = '', name = ''] = decodeURIComponent(record.path).split('/');
  const id = world.formerNames.get(`${owner}/${name.replace(/\.git$/, '')}`.toLowerCase());
  const repository = id === undefined ? undefined : world.repositories.get(id);
  return repository && !(caller instanceof RestError) && canSee(caller, repository) ? repository : undefined;
}

/** Pushes to one repository happen one after the other, so that each sees its own changes of refs. */
const turns = new WeakMap<Repository, Promise<unknown>>();

function inTurn<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(repository) ?? Promise.resolve()).then(work, work);
  turns.set(repository, mine);
  return mine;
}

function refusalFor(caller: Caller, repository: Repository, level: 'read' | 'write'): string | undefined {
  if (level === 'write' && repository.archived) {
    return 'This repository was archived so it is read-only.';
  }
  if (caller.kind !== 'token') {
    return undefined;
  }
  const { token } = caller;
  const denied = `Permission to ${repository.owner.login}/${repository.name}.git denied to ${token.user.login}.`;
  if (token.kind === 'user') {
    return hasRole(repository, token.user, level) ? undefined : denied;
  }
  if (level === 'read' && !repository.private) {
    return undefined;
  }
  return covers(token, repository) && grants(token.permissions, `contents:${level}`) ? undefined : denied;
}

function refuse(call: GitCall, answer: { status: number; text: string }): number {
  call.request.resume();
  const challenge = answer.status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {};
  call.response.writeHead(answer.status, { 'content-type': 'text/plain', ...challenge });
  call.response.end(`remote: ${answer.text}\n`);
  return answer.status;
}
