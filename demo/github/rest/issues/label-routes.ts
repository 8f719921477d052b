import { addLabels, ensureLabel, removeLabel } from '../../actions/issue-actions.ts';
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
import { labelJson } from '../../json/issue-json.ts';
import { time, userJson } from '../../json/user-json.ts';
import { issueOf, labelNames } from './issue-routes.ts';

const READ = { permissions: ['issues:read', 'pull_requests:read'] };
const WRITE = { permissions: ['issues:write', 'pull_requests:write'], role: 'triage' as const };

export function labelRoutes(): Route[] {
  const one = '/repos/{owner}/{repo}/issues/{issue_number}/labels';
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/labels', need: READ, handle: listAll },
    { method: 'POST', path: '/repos/{owner}/{repo}/labels', need: { ...WRITE, role: 'write' }, handle: create },
    { method: 'GET', path: '/repos/{owner}/{repo}/labels/{name}', need: READ, handle: get },
    { method: 'GET', path: one, need: READ, handle: list },
    { method: 'GET', path: '/repos/{owner}/{repo}/issues/{issue_number}/events', need: READ, handle: listEvents },
    { method: 'POST', path: one, need: WRITE, handle: add },
    { method: 'PUT', path: one, need: WRITE, handle: replace },
    { method: 'DELETE', path: one, need: WRITE, handle: clear },
    { method: 'DELETE', path: `${one}/{name}`, need: WRITE, handle: remove },
  ];
}

function listAll(exchange: Exchange): Reply {
  const repository = repositoryOf(exchange);
  return paginate(exchange, [...repository.labels.values()], (label) => labelJson(exchange.world, repository, label));
}

function create(exchange: Exchange): Reply {
  const repository = repositoryOf(exchange);
  const name = textField(exchange, 'name') ?? '';
  if (repository.labels.has(name.toLowerCase())) {
    throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
  }
  const label = ensureLabel(exchange.world, repository, name);
  label.color = textField(exchange, 'color') ?? label.color;
  label.description = textField(exchange, 'description') ?? null;
  return created(labelJson(exchange.world, repository, label));
}

function get(exchange: Exchange): Reply {
  const repository = repositoryOf(exchange);
  const label = repository.labels.get(param(exchange, 'name').toLowerCase());
  if (!label) {
    throw new RestError(404, 'Not Found');
  }
  return ok(labelJson(exchange.world, repository, label));
}

function list(exchange: Exchange): Reply {
  const issue = issueOf(exchange);
  return paginate(exchange, issue.labels, (label) => labelJson(exchange.world, issue.repository, label));
}

/** Of all events only the labels that were put on. */
function listEvents(exchange: Exchange): Reply {
  const issue = issueOf(exchange);
  return paginate(exchange, issue.labelEvents, ({ actor, at, id, label }) => ({
    id,
    event: 'labeled',
    actor: userJson(exchange.world, actor),
    label: { name: label.name, color: label.color },
    created_at: time(at),
  }));
}

/** The body is `{labels: [...]}` or the bare list, which the server keeps under `items`. */
function wanted(exchange: Exchange): string[] {
  return labelNames(exchange.body['labels'] ?? exchange.body['items']);
}

function add(exchange: Exchange): Reply {
  const issue = issueOf(exchange);
  addLabels(exchange.world, issue, { names: wanted(exchange), actor: actorOf(exchange) });
  return ok(issue.labels.map((label) => labelJson(exchange.world, issue.repository, label)));
}

function replace(exchange: Exchange): Reply {
  const names = wanted(exchange).map((name) => name.toLowerCase());
  for (const { name } of issueOf(exchange).labels.filter((label) => !names.includes(label.name.toLowerCase()))) {
    removeLabel(exchange.world, issueOf(exchange), { name, actor: actorOf(exchange) });
  }
  return add(exchange);
}

function clear(exchange: Exchange): Reply {
  const issue = issueOf(exchange);
  for (const { name } of issue.labels) {
    removeLabel(exchange.world, issue, { name, actor: actorOf(exchange) });
  }
  return noContent();
}

function remove(exchange: Exchange): Reply {
  const issue = issueOf(exchange);
  if (!removeLabel(exchange.world, issue, { name: param(exchange, 'name'), actor: actorOf(exchange) })) {
    throw new RestError(404, 'Label does not exist');
  }
  return ok(issue.labels.map((label) => labelJson(exchange.world, issue.repository, label)));
}
