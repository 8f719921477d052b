import {
  createIssue,
  lockIssue,
  unlockIssue,
  updateIssue,
  addLabels,
  removeLabel,
} from '../../actions/issue-actions.ts';
import { updatePull } from '../../actions/pull-actions.ts';
import {
  actorOf,
  created,
  noContent,
  ok,
  param,
  repositoryOf,
  textField,
  type Exchange,
  type Reply,
} from '../../http/exchange.ts';
import { paginate } from '../../http/pagination.ts';
import { invalid, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { issueJson } from '../../json/issue-json.ts';
import { isPull } from '../../json/pull-json.ts';
import { hasRole, requireIssue } from '../../state/find.ts';
import type { Issue } from '../../state/world.ts';

const READ = { permissions: ['issues:read', 'pull_requests:read'] };
/** Anyone who can read may open an issue; the author may edit it. */
const WRITE_AS_READER = { permissions: ['issues:write', 'pull_requests:write'], role: 'read' as const };
const WRITE = { permissions: ['issues:write', 'pull_requests:write'] };

export function issueRoutes(): Route[] {
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/issues', need: READ, handle: list },
    {
      method: 'POST',
      path: '/repos/{owner}/{repo}/issues',
      need: { permissions: ['issues:write'], role: 'read' },
      handle: create,
    },
    { method: 'GET', path: '/repos/{owner}/{repo}/issues/{issue_number}', need: READ, handle: get },
    { method: 'PATCH', path: '/repos/{owner}/{repo}/issues/{issue_number}', need: WRITE_AS_READER, handle: update },
    { method: 'PUT', path: '/repos/{owner}/{repo}/issues/{issue_number}/lock', need: WRITE, handle: lock },
    { method: 'DELETE', path: '/repos/{owner}/{repo}/issues/{issue_number}/lock', need: WRITE, handle: unlock },
  ];
}

/** The issue of a route with `{issue_number}`. */
export function issueOf(exchange: Exchange): Issue {
  return requireIssue(exchange.world, repositoryOf(exchange), param(exchange, 'issue_number'));
}

function list(exchange: Exchange): Reply {
  const { query, world } = exchange;
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  const since = query.get('since');
  const creator = query.get('creator')?.toLowerCase();
  const sort = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const sign = query.get('direction') === 'asc' ? 1 : -1;
  const issues = [...repositoryOf(exchange).issues.values()]
    .filter((issue) => !issue.deleted && !issue.transferredTo)
    .filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => labels.every((wanted) => issue.labels.some(({ name }) => name.toLowerCase() === wanted)))
    .filter((issue) => since === null || issue.updatedAt >= new Date(since))
    .filter((issue) => creator === undefined || issue.user.login.toLowerCase() === creator)
    .sort((a, b) => sign * (a[sort].getTime() - b[sort].getTime() || a.number - b.number));
  return paginate(exchange, issues, (issue) => issueJson(world, issue));
}

function create(exchange: Exchange): Reply {
  const { world, body } = exchange;
  const repository = repositoryOf(exchange);
  const title = textField(exchange, 'title') ?? '';
  if (title.trim() === '') {
    throw invalid({ resource: 'Issue', code: 'missing_field', field: 'title' });
  }
  const actor = actorOf(exchange);
  // Labels of people without triage rights are dropped silently.
  const mayLabel = actor.viaApp || actor.user.type === 'Bot' || hasRole(repository, actor.user, 'triage');
  const labels = mayLabel ? labelNames(body['labels']) : [];
  const issue = createIssue(world, repository, { title, body: textField(exchange, 'body') ?? null, labels, actor });
  return created(issueJson(world, issue));
}

function get(exchange: Exchange): Reply {
  return ok(issueJson(exchange.world, issueOf(exchange)));
}

async function update(exchange: Exchange): Promise<Reply> {
  const { world, body } = exchange;
  const issue = issueOf(exchange);
  const actor = actorOf(exchange);
  checkMayEdit(exchange, { author: issue.user.id, role: 'triage' });
  const change = {
    title: textField(exchange, 'title'),
    body: body['body'] === null ? null : textField(exchange, 'body'),
    state: textField(exchange, 'state'),
    stateReason: textField(exchange, 'state_reason'),
    actor,
  };
  if (isPull(issue)) {
    await updatePull(world, issue, change);
  } else {
    updateIssue(world, issue, change);
  }
  if (Array.isArray(body['labels'])) {
    const wanted = labelNames(body['labels']);
    for (const { name } of issue.labels.filter((label) => !wanted.includes(label.name))) {
      removeLabel(world, issue, { name, actor });
    }
    addLabels(world, issue, { names: wanted, actor });
  }
  return ok(issueJson(world, issue));
}

/** Writers may edit anything; others only what they wrote. */
export function checkMayEdit(exchange: Exchange, what: { author: number; role: 'triage' | 'write' }): void {
  const { caller } = exchange;
  if (caller.kind !== 'token' || caller.token.kind !== 'user' || caller.token.user.id === what.author) {
    return;
  }
  if (!hasRole(repositoryOf(exchange), caller.token.user, what.role)) {
    throw new RestError(403, 'Must have admin rights to Repository.');
  }
}

/** Labels come as names or as objects with a name. */
export function labelNames(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [];
  const names = list.map((one) => (typeof one === 'string' ? one : (one as { name?: unknown } | null)?.name));
  return names.filter((name) => typeof name === 'string');
}

function lock(exchange: Exchange): Reply {
  const reason = textField(exchange, 'lock_reason') ?? null;
  lockIssue(exchange.world, issueOf(exchange), { actor: actorOf(exchange), reason });
  return noContent();
}

function unlock(exchange: Exchange): Reply {
  unlockIssue(exchange.world, issueOf(exchange), actorOf(exchange));
  return noContent();
}
