import { ok, param, repositoryOf, type Exchange, type Reply } from '../../http/exchange.ts';
import { paginate } from '../../http/pagination.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { fullRepositoryJson, rights } from '../../json/repository-json.ts';
import { userJson } from '../../json/user-json.ts';
import { findUser, hasRole, roleOf } from '../../state/find.ts';
import type { Role } from '../../state/world.ts';

const METADATA = { permissions: ['metadata:read'] };

export function repositoryRoutes(): Route[] {
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}', need: METADATA, handle: getRepository },
    { method: 'GET', path: '/repos/{owner}/{repo}/collaborators', need: METADATA, handle: listCollaborators },
    {
      method: 'GET',
      path: '/repos/{owner}/{repo}/collaborators/{username}/permission',
      need: METADATA,
      handle: getPermission,
    },
  ];
}

function getRepository(exchange: Exchange): Reply {
  const { caller, world } = exchange;
  const repository = repositoryOf(exchange);
  const role = caller.kind === 'token' && caller.token.kind === 'user' ? roleOf(repository, caller.token.user) : 'read';
  return ok(fullRepositoryJson(world, repository, role));
}

/** The four words of the old field; `role_name` has the finer one. */
const PERMISSION: Record<Role, string> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
};

function getPermission(exchange: Exchange): Reply {
  const repository = repositoryOf(exchange);
  const user = findUser(exchange.world, param(exchange, 'username'));
  if (!user) {
    throw notFound();
  }
  if (user.type === 'Bot') {
    throw new RestError(404, `${user.login.replace(/\[bot\]$/, '')} is not a user`);
  }
  const role = roleOf(repository, user);
  const person = { ...userJson(exchange.world, user), permissions: rights(role), role_name: role };
  return ok({ permission: PERMISSION[role], role_name: role, user: person });
}

function listCollaborators(exchange: Exchange): Reply {
  const { world } = exchange;
  const repository = repositoryOf(exchange);
  const people = [...world.users.values()].filter(
    (user) => user.id === repository.owner.id || (repository.roles.has(user.id) && hasRole(repository, user, 'read')),
  );
  return paginate(exchange, people, (user) => {
    const role = roleOf(repository, user);
    return { ...userJson(world, user), permissions: rights(role), role_name: role };
  });
}
