import { createCheckRun, updateCheckRun } from '../../actions/check-actions.ts';
import { resolveRef } from '../../git/refs.ts';
import { actorOf, created, ok, param, repositoryOf, type Exchange, type Reply } from '../../http/exchange.ts';
import { paginateIn, shown } from '../../http/pagination.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { checkRunJson } from '../../json/check-run-json.ts';
import type { CheckRun } from '../../state/world.ts';

const READ = { permissions: ['checks:read'] };
const WRITE = { permissions: ['checks:write'] };

export function checkRoutes(): Route[] {
  return [
    { method: 'POST', path: '/repos/{owner}/{repo}/check-runs', need: WRITE, handle: create },
    { method: 'GET', path: '/repos/{owner}/{repo}/check-runs/{check_run_id}', need: READ, handle: get },
    { method: 'PATCH', path: '/repos/{owner}/{repo}/check-runs/{check_run_id}', need: WRITE, handle: update },
    { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}/check-runs', need: READ, handle: listForRef },
  ];
}

function find(exchange: Exchange): CheckRun {
  const run = repositoryOf(exchange).checkRuns.get(Number(param(exchange, 'check_run_id')));
  if (!run) {
    throw notFound();
  }
  return run;
}

/** Only apps may write check runs, whatever rights a person has. */
function checkIsApp(exchange: Exchange): void {
  if (exchange.caller.kind === 'token' && exchange.caller.token.kind === 'user') {
    throw new RestError(403, 'You must authenticate via a GitHub App.');
  }
}

async function create(exchange: Exchange): Promise<Reply> {
  checkIsApp(exchange);
  const fields = exchange.body;
  const run = await createCheckRun(exchange.world, repositoryOf(exchange), { fields, actor: actorOf(exchange) });
  return created(checkRunJson(exchange.world, run));
}

function get(exchange: Exchange): Reply {
  return ok(checkRunJson(exchange.world, find(exchange)));
}

function update(exchange: Exchange): Reply {
  checkIsApp(exchange);
  const run = find(exchange);
  updateCheckRun(exchange.world, run, { fields: exchange.body, actor: actorOf(exchange) });
  return ok(checkRunJson(exchange.world, run));
}

async function listForRef(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const ref = param(exchange, 'ref');
  const sha = await resolveRef(repository.dir, ref);
  if (!sha) {
    throw new RestError(422, `No commit found for SHA: ${ref}`);
  }
  const name = exchange.query.get('check_name');
  const status = exchange.query.get('status');
  const appId = exchange.query.get('app_id');
  const runs = shown(exchange, [...repository.checkRuns.values()])
    .filter((run) => run.headSha === sha && (name === null || run.name === name))
    .filter((run) => status === null || run.status === status)
    .filter(() => appId === null || Number(appId) === exchange.world.app.id)
    .toReversed();
  // By default only the newest of each name.
  const isAll = exchange.query.get('filter') === 'all';
  const items = isAll ? runs : runs.filter((run) => runs.find((other) => other.name === run.name) === run);
  return paginateIn(exchange, { key: 'check_runs', items, render: (run) => checkRunJson(exchange.world, run) });
}
