import { setStatus } from '../../actions/status-actions.ts';
import { resolveRef } from '../../git/refs.ts';
import {
  actorOf,
  created,
  ok,
  param,
  repositoryOf,
  textField,
  type Exchange,
  type Reply,
} from '../../http/exchange.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { latestStatuses, statusJson } from '../../json/status-json.ts';
import { repositoryJson } from '../../json/repository-json.ts';
import type { CommitStatus } from '../../state/world.ts';

/** Commit statuses, and the logs of jobs of GitHub Actions. */
export function statusRoutes(): Route[] {
  const repository = '/repos/{owner}/{repo}';
  return [
    {
      method: 'GET',
      path: `${repository}/commits/{ref}/status`,
      need: { permissions: ['statuses:read'] },
      handle: getCombined,
    },
    { method: 'POST', path: `${repository}/statuses/{sha}`, need: { permissions: ['statuses:write'] }, handle: create },
    {
      method: 'GET',
      path: `${repository}/actions/jobs/{job_id}/logs`,
      need: { permissions: ['actions:read'] },
      handle: showLog,
    },
  ];
}

async function getCombined(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const ref = param(exchange, 'ref');
  const sha = await resolveRef(repository.dir, ref);
  if (!sha) {
    throw new RestError(422, `No commit found for SHA: ${ref}`);
  }
  const statuses = latestStatuses(repository, sha);
  const isBad = statuses.some(({ state }) => state === 'failure' || state === 'error');
  const isOpen = statuses.length === 0 || statuses.some(({ state }) => state === 'pending');
  const otherwise = isOpen ? 'pending' : 'success';
  return ok({
    state: isBad ? 'failure' : otherwise,
    statuses: statuses.map((status) => statusJson(exchange.world, { repository, sha, status })),
    sha,
    total_count: statuses.length,
    repository: repositoryJson(exchange.world, repository),
    commit_url: `${exchange.world.apiUrl}/repos/${exchange.path.split('/').slice(2, 4).join('/')}/commits/${sha}`,
    url: `${exchange.world.apiUrl}${exchange.path}`,
  });
}

async function create(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const sha = param(exchange, 'sha');
  const status = await setStatus(exchange.world, repository, {
    sha,
    context: textField(exchange, 'context') ?? 'default',
    state: textField(exchange, 'state') as CommitStatus['state'],
    description: textField(exchange, 'description') ?? null,
    targetUrl: textField(exchange, 'target_url') ?? null,
    actor: actorOf(exchange),
  });
  return created(statusJson(exchange.world, { repository, sha, status }));
}

/** GitHub answers with a redirect to where the log can be had for a minute without any token. */
function showLog(exchange: Exchange): Reply {
  const jobId = Number(param(exchange, 'job_id'));
  if (!repositoryOf(exchange).jobLogs.has(jobId)) {
    throw notFound();
  }
  const location = `${exchange.world.url}/_logs/${repositoryOf(exchange).id}/${jobId}`;
  return { status: 302, body: '', headers: { location } };
}
