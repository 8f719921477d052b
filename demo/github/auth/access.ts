import { RestError, notAccessible, notFound } from '../http/rest-error.ts';
import type { Caller } from '../http/exchange.ts';
import type { Need } from '../http/route.ts';
import { hasRole } from '../state/find.ts';
import type { Permissions, Repository, Token } from '../state/world.ts';

/** Refuses, as GitHub does, a caller who may not use the route. */
export function checkAccess(caller: Caller, need: Need, repository: Repository | undefined): void {
  if (need === 'open') {
    return;
  }
  if (need === 'app') {
    if (caller.kind !== 'app') {
      throw new RestError(401, 'A JSON web token could not be decoded');
    }
    return;
  }
  if (need === 'token') {
    if (caller.kind === 'app') {
      throw notAccessible();
    }
    if (caller.kind !== 'token') {
      throw new RestError(401, 'Requires authentication');
    }
    return;
  }
  checkPermissions(caller, need, repository);
}

function checkPermissions(caller: Caller, need: Exclude<Need, string>, repository: Repository | undefined): void {
  const isRead = need.permissions.some((permission) => permission.endsWith(':read'));
  if (caller.kind === 'app') {
    throw new RestError(401, 'A JSON web token could not be decoded');
  }
  if (caller.kind === 'anonymous') {
    if (isRead && repository && !repository.private) {
      return;
    }
    throw repository?.private ? notFound() : new RestError(401, 'Requires authentication');
  }
  const { token } = caller;
  if (token.kind === 'user') {
    checkRole(token, need.role ?? (isRead ? 'read' : 'write'), repository);
    return;
  }
  const isForeign = repository !== undefined && !covers(token, repository);
  if (isForeign && isRead && !repository.private) {
    return;
  }
  if (isForeign && repository.private) {
    throw notFound();
  }
  if (isForeign || !need.permissions.some((permission) => grants(token.permissions, permission))) {
    throw notAccessible(need.permissions.map((permission) => permission.replace(':', '=')));
  }
}

function checkRole(
  token: Token,
  role: 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none',
  repository: Repository | undefined,
): void {
  if (!repository) {
    return;
  }
  if (!hasRole(repository, token.user, 'read')) {
    throw notFound();
  }
  if (!hasRole(repository, token.user, role)) {
    throw new RestError(403, `Must have ${role} rights to Repository.`);
  }
}

/** Whether the token reaches the repository at all. */
export function covers(token: Token, repository: Repository): boolean {
  if (token.repositories) {
    return token.repositories.has(repository.id);
  }
  if (token.kind === 'user' || !token.installation) {
    return true;
  }
  const { installation } = token;
  const isOfAccount = installation.account.id === repository.owner.id;
  return isOfAccount && (installation.repositories === 'all' || installation.repositories.has(repository.id));
}

/** Whether the permissions include one such as `issues:write`; writing includes reading. */
export function grants(permissions: Permissions, wanted: string): boolean {
  const [name = '', level = ''] = wanted.split(':');
  const held = name === 'metadata' ? (permissions[name] ?? 'read') : permissions[name];
  return held === 'write' || held === 'admin' || held === level;
}

/** Whether the caller may learn that the repository exists. */
export function canSee(caller: Caller, repository: Repository): boolean {
  if (!repository.private || caller.kind === 'app') {
    return true;
  }
  if (caller.kind === 'anonymous') {
    return false;
  }
  return caller.token.kind === 'user'
    ? hasRole(repository, caller.token.user, 'read')
    : covers(caller.token, repository);
}
