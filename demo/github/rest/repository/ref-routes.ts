import { checkRules } from '../../actions/branch-rules.ts';
import { afterPush } from '../../actions/push-actions.ts';
import { checkWritable } from '../../actions/issue-actions.ts';
import { listRefs, resolveRef } from '../../git/refs.ts';
import { readCommit } from '../../git/history.ts';
import { tryGit } from '../../git/run-git.ts';
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
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { commitJson } from '../../json/commit-json.ts';
import { nodeId, type Json } from '../../json/user-json.ts';
import { fullName } from '../../state/find.ts';
import type { Repository, World } from '../../state/world.ts';

const READ = { permissions: ['contents:read'] };
const WRITE = { permissions: ['contents:write'] };

export function refRoutes(): Route[] {
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/git/ref/{ref}', need: READ, handle: getRef },
    { method: 'GET', path: '/repos/{owner}/{repo}/git/matching-refs/{ref}', need: READ, handle: listMatching },
    { method: 'POST', path: '/repos/{owner}/{repo}/git/refs', need: WRITE, handle: createRef },
    { method: 'PATCH', path: '/repos/{owner}/{repo}/git/refs/{ref}', need: WRITE, handle: updateRef },
    { method: 'DELETE', path: '/repos/{owner}/{repo}/git/refs/{ref}', need: WRITE, handle: deleteRef },
    { method: 'GET', path: '/repos/{owner}/{repo}/branches', need: READ, handle: listBranches },
    { method: 'GET', path: '/repos/{owner}/{repo}/branches/{branch}', need: READ, handle: getBranch },
  ];
}

function refJson(world: World, repository: Repository, at: { ref: string; sha: string }): Json {
  const url = `${world.apiUrl}/repos/${fullName(repository)}/git`;
  return {
    ref: at.ref,
    node_id: nodeId(`Ref:${at.ref}`, repository.id),
    url: `${url}/${at.ref}`,
    object: { sha: at.sha, type: 'commit', url: `${url}/commits/${at.sha}` },
  };
}

async function getRef(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const ref = `refs/${param(exchange, 'ref')}`;
  const sha = (await listRefs(repository.dir)).get(ref);
  if (!sha) {
    throw (await isEmpty(repository)) ? new RestError(409, 'Git Repository is empty.') : notFound();
  }
  return ok(refJson(exchange.world, repository, { ref, sha }));
}

async function isEmpty(repository: Repository): Promise<boolean> {
  return (await listRefs(repository.dir)).size === 0;
}

async function listMatching(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const prefix = `refs/${param(exchange, 'ref')}`;
  const refs = [...(await listRefs(repository.dir))].filter(([ref]) => ref.startsWith(prefix));
  return paginate(exchange, refs, ([ref, sha]) => refJson(exchange.world, repository, { ref, sha }));
}

async function createRef(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const ref = textField(exchange, 'ref') ?? '';
  const sha = textField(exchange, 'sha') ?? '';
  if (!/^refs\/[^/]+\/.+/.test(ref)) {
    throw new RestError(422, 'Reference name must start with refs/ and hold at least two slashes');
  }
  if ((await resolveRef(repository.dir, sha)) === undefined) {
    throw new RestError(422, 'Object does not exist');
  }
  if ((await listRefs(repository.dir)).has(ref)) {
    throw new RestError(422, 'Reference already exists');
  }
  await moveRef(exchange, { ref, sha, old: '0'.repeat(40) });
  return created(refJson(exchange.world, repository, { ref, sha }));
}

async function updateRef(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const ref = `refs/${param(exchange, 'ref')}`;
  const sha = textField(exchange, 'sha') ?? '';
  const old = (await listRefs(repository.dir)).get(ref);
  if (!old) {
    throw new RestError(422, 'Reference does not exist');
  }
  if ((await resolveRef(repository.dir, sha)) === undefined) {
    throw new RestError(422, 'Object does not exist');
  }
  const isForward = (await tryGit(repository.dir, ['merge-base', '--is-ancestor', old, sha])).code === 0;
  if (!isForward && exchange.body['force'] !== true) {
    throw new RestError(422, 'Update is not a fast forward');
  }
  await moveRef(exchange, { ref, sha, old });
  return ok(refJson(exchange.world, repository, { ref, sha }));
}

async function deleteRef(exchange: Exchange): Promise<Reply> {
  const ref = `refs/${param(exchange, 'ref')}`;
  const old = (await listRefs(repositoryOf(exchange).dir)).get(ref);
  if (!old) {
    throw new RestError(422, 'Reference does not exist');
  }
  await moveRef(exchange, { ref, sha: '', old });
  return noContent();
}

async function moveRef(exchange: Exchange, move: { ref: string; sha: string; old: string }): Promise<void> {
  const repository = repositoryOf(exchange);
  checkWritable(repository);
  await checkRules(repository, move, actorOf(exchange).user.login);
  const before = await listRefs(repository.dir);
  const args = move.sha === '' ? ['-d', move.ref, move.old] : [move.ref, move.sha, move.old];
  if ((await tryGit(repository.dir, ['update-ref', ...args])).code !== 0) {
    // Another one was faster, or a branch has part of the name.
    throw new RestError(422, 'Reference update failed');
  }
  const after = await listRefs(repository.dir);
  await afterPush(exchange.world, repository, { before, after, by: actorOf(exchange).user });
}

async function listBranches(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const branches = [...(await listRefs(repository.dir))].filter(([ref]) => ref.startsWith('refs/heads/'));
  const url = `${exchange.world.apiUrl}/repos/${fullName(repository)}/commits`;
  return paginate(exchange, branches, ([ref, sha]) => ({
    name: ref.slice('refs/heads/'.length),
    commit: { sha, url: `${url}/${sha}` },
    protected: isProtected(repository, ref),
  }));
}

async function getBranch(exchange: Exchange): Promise<Reply> {
  const { world } = exchange;
  const repository = repositoryOf(exchange);
  const name = param(exchange, 'branch');
  const sha = (await listRefs(repository.dir)).get(`refs/heads/${name}`);
  const commit = sha && (await readCommit(repository.dir, sha));
  if (!commit) {
    throw new RestError(404, 'Branch not found');
  }
  const url = `${world.apiUrl}/repos/${fullName(repository)}/branches/${name}`;
  return ok({
    name,
    commit: commitJson(world, repository, commit),
    _links: { self: url, html: `${world.url}/${fullName(repository)}/tree/${name}` },
    protected: isProtected(repository, `refs/heads/${name}`),
    protection: { enabled: false, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
    protection_url: `${url}/protection`,
  });
}

function isProtected(repository: Repository, ref: string): boolean {
  return repository.pushRules.some((rule) => rule.ref === ref);
}
