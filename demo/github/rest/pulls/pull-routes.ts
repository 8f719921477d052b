import { createPull, mergePull, updatePull } from '../../actions/pull-actions.ts';
import { diffText } from '../../git/history.ts';
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
import { paginate, shown } from '../../http/pagination.ts';
import { invalid, notFound } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { commitJson, fileJson } from '../../json/commit-json.ts';
import { isPull, pullComparison, pullJson, pullListJson, type PullIssue } from '../../json/pull-json.ts';
import { requirePull } from '../../state/find.ts';
import { checkMayEdit } from '../issues/issue-routes.ts';

const READ = { permissions: ['pull_requests:read'] };
const WRITE = { permissions: ['pull_requests:write'], role: 'read' as const };

export function pullRoutes(): Route[] {
  const one = '/repos/{owner}/{repo}/pulls/{pull_number}';
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/pulls', need: READ, handle: list },
    { method: 'POST', path: '/repos/{owner}/{repo}/pulls', need: WRITE, handle: create },
    { method: 'GET', path: one, need: READ, handle: get },
    { method: 'PATCH', path: one, need: WRITE, handle: update },
    { method: 'GET', path: `${one}/files`, need: READ, handle: listFiles },
    { method: 'GET', path: `${one}/commits`, need: READ, handle: listPullCommits },
    { method: 'GET', path: `${one}/merge`, need: READ, handle: getMerged },
    { method: 'PUT', path: `${one}/merge`, need: { permissions: ['contents:write'] }, handle: merge },
    { method: 'GET', path: '/repos/{owner}/{repo}/commits/{commit_sha}/pulls', need: READ, handle: listOfCommit },
  ];
}

function find(exchange: Exchange): PullIssue {
  return requirePull(exchange.world, repositoryOf(exchange), param(exchange, 'pull_number'));
}

function list(exchange: Exchange): Reply {
  const { query, world } = exchange;
  const repository = repositoryOf(exchange);
  const state = query.get('state') ?? 'open';
  const head = query.get('head')?.toLowerCase();
  const base = query.get('base');
  const sign = query.get('direction') === 'asc' ? 1 : -1;
  const pulls = shown(exchange, [...repository.issues.values()])
    .filter((issue) => isPull(issue))
    .filter((issue) => state === 'all' || issue.state === state)
    // GitHub ignores a head without `owner:`.
    .filter(
      ({ pull }) =>
        !head?.includes(':') || `${pull.head.repository.owner.login}:${pull.head.ref}`.toLowerCase() === head,
    )
    .filter(({ pull }) => base === null || pull.base.ref === base)
    .sort((a, b) => sign * (a.number - b.number));
  return paginate(exchange, pulls, (issue) => pullListJson(world, issue));
}

async function create(exchange: Exchange): Promise<Reply> {
  const { world, body } = exchange;
  const title = textField(exchange, 'title') ?? '';
  if (title.trim() === '') {
    throw invalid({ resource: 'PullRequest', code: 'missing_field', field: 'title' });
  }
  const issue = await createPull(world, repositoryOf(exchange), {
    title,
    body: textField(exchange, 'body') ?? null,
    head: textField(exchange, 'head') ?? '',
    base: textField(exchange, 'base') ?? '',
    draft: body['draft'] === true,
    actor: actorOf(exchange),
  });
  return created(await pullJson(world, issue));
}

async function get(exchange: Exchange): Promise<Reply> {
  const issue = find(exchange);
  if (exchange.headers['accept']?.includes('diff')) {
    const comparison = await pullComparison(issue);
    const from = comparison?.mergeBase ?? issue.pull.base.sha;
    const text = await diffText(issue.repository.dir, from, issue.pull.head.sha);
    return ok(text, { 'content-type': 'application/vnd.github.diff; charset=utf-8' });
  }
  return ok(await pullJson(exchange.world, issue));
}

async function update(exchange: Exchange): Promise<Reply> {
  const issue = find(exchange);
  checkMayEdit(exchange, { author: issue.user.id, role: 'write' });
  await updatePull(exchange.world, issue, {
    title: textField(exchange, 'title'),
    body: exchange.body['body'] === null ? null : textField(exchange, 'body'),
    state: textField(exchange, 'state'),
    base: textField(exchange, 'base'),
    actor: actorOf(exchange),
  });
  return ok(await pullJson(exchange.world, issue));
}

async function listFiles(exchange: Exchange): Promise<Reply> {
  const issue = find(exchange);
  const at = { repository: issue.repository, sha: issue.pull.head.sha };
  const comparison = await pullComparison(issue);
  return paginate(exchange, comparison?.files ?? [], (file) => fileJson(exchange.world, file, at));
}

async function listPullCommits(exchange: Exchange): Promise<Reply> {
  const issue = find(exchange);
  const comparison = await pullComparison(issue);
  return paginate(exchange, comparison?.commits ?? [], (commit) =>
    commitJson(exchange.world, issue.repository, commit),
  );
}

function getMerged(exchange: Exchange): Reply {
  if (!find(exchange).pull.mergedAt) {
    throw notFound();
  }
  return noContent();
}

async function merge(exchange: Exchange): Promise<Reply> {
  const sha = await mergePull(exchange.world, find(exchange), actorOf(exchange));
  return ok({ sha, merged: true, message: 'Pull Request successfully merged' });
}

function listOfCommit(exchange: Exchange): Reply {
  const sha = param(exchange, 'commit_sha');
  const pulls = [...repositoryOf(exchange).issues.values()].filter((issue) => isPull(issue));
  const hits = pulls.filter(({ pull }) => pull.head.sha === sha || pull.mergeCommitSha === sha);
  return paginate(exchange, hits, (issue) => pullListJson(exchange.world, issue));
}
