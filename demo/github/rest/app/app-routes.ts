import { issueToken, type TokenFormat } from '../../auth/issue-token.ts';
import { covers } from '../../auth/access.ts';
import { noContent, ok, param, type Exchange, type Reply } from '../../http/exchange.ts';
import { paginate, paginateIn } from '../../http/pagination.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { appJson, installationJson, withMetadata } from '../../json/app-json.ts';
import { repositoryJson } from '../../json/repository-json.ts';
import { time, type Json } from '../../json/user-json.ts';
import { installationOf } from '../../state/find.ts';
import type { Installation, Permissions, Repository } from '../../state/world.ts';

const TOKEN_LIFE_MS = 3_600_000;

/** The app and its installations. `tokenFormat` is read at each request, so that it can be changed. */
export function appRoutes(tokenFormat: () => TokenFormat, convert: (code: string) => Json): Route[] {
  return [
    {
      method: 'POST',
      path: '/app-manifests/{code}/conversions',
      need: 'open',
      handle: (exchange) => ({ status: 201, body: convert(param(exchange, 'code')) }),
    },
    { method: 'GET', path: '/app', need: 'app', handle: ({ world }) => ok(appJson(world)) },
    { method: 'GET', path: '/app/installations', need: 'app', handle: listInstallations },
    { method: 'GET', path: '/app/installations/{installation_id}', need: 'app', handle: getInstallation },
    {
      method: 'POST',
      path: '/app/installations/{installation_id}/access_tokens',
      need: 'app',
      handle: (exchange) => createToken(exchange, tokenFormat()),
    },
    { method: 'GET', path: '/repos/{owner}/{repo}/installation', need: 'app', handle: getRepositoryInstallation },
    { method: 'GET', path: '/installation/repositories', need: 'token', handle: listReachable },
    { method: 'DELETE', path: '/installation/token', need: 'token', handle: revokeToken },
  ];
}

function listInstallations(exchange: Exchange): Reply {
  const { world } = exchange;
  return paginate(exchange, [...world.installations.values()], (one) => installationJson(world, one));
}

function requireInstallation(exchange: Exchange): Installation {
  const installation = exchange.world.installations.get(Number(param(exchange, 'installation_id')));
  if (!installation) {
    throw notFound();
  }
  return installation;
}

function getInstallation(exchange: Exchange): Reply {
  return ok(installationJson(exchange.world, requireInstallation(exchange)));
}

function getRepositoryInstallation(exchange: Exchange): Reply {
  const installation = exchange.repository && installationOf(exchange.world, exchange.repository);
  if (!installation) {
    throw notFound();
  }
  return ok(installationJson(exchange.world, installation));
}

function createToken(exchange: Exchange, format: TokenFormat): Reply {
  const { world, body } = exchange;
  const installation = requireInstallation(exchange);
  if (installation.suspendedAt) {
    throw new RestError(403, 'This installation has been suspended');
  }
  const repositories = narrowRepositories(exchange, installation);
  const permissions = narrowPermissions(installation, body['permissions'] as Permissions | undefined);
  const expiresAt = new Date(world.now().getTime() + TOKEN_LIFE_MS);
  const grant = {
    kind: 'installation' as const,
    user: world.app.bot,
    installation,
    repositories: repositories ? new Set(repositories.map(({ id }) => id)) : null,
    permissions,
    expiresAt,
  };
  const reply = {
    token: issueToken(world, grant, format),
    expires_at: time(expiresAt),
    permissions: withMetadata(permissions),
    repository_selection: repositories || installation.repositories !== 'all' ? 'selected' : 'all',
    ...(repositories ? { repositories: repositories.map((one) => repositoryJson(world, one)) } : {}),
  };
  return { status: 201, body: reply };
}

/** The repositories asked for; undefined when the token is not narrowed. */
function narrowRepositories(exchange: Exchange, installation: Installation): Repository[] | undefined {
  const { body, world } = exchange;
  const names = body['repositories'] as string[] | undefined;
  const ids = body['repository_ids'] as number[] | undefined;
  if (!names && !ids) {
    return undefined;
  }
  const reachable = [...world.repositories.values()].filter(
    ({ id, owner }) =>
      owner.id === installation.account.id &&
      (installation.repositories === 'all' || installation.repositories.has(id)),
  );
  const byName = (names ?? []).map((name) => reachable.find((one) => one.name.toLowerCase() === name.toLowerCase()));
  const found = [...byName, ...(ids ?? []).map((id) => reachable.find((one) => one.id === id))];
  if (found.includes(undefined)) {
    throw new RestError(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  return [...new Set(found as Repository[])];
}

function narrowPermissions(installation: Installation, wanted: Permissions | undefined): Permissions {
  if (!wanted) {
    return { ...installation.permissions };
  }
  for (const [name, level] of Object.entries(wanted)) {
    const held = name === 'metadata' ? 'read' : installation.permissions[name];
    if (held === undefined || (held === 'read' && level !== 'read')) {
      throw new RestError(422, 'The permissions requested are not granted to this installation.');
    }
  }
  return { ...wanted };
}

function listReachable(exchange: Exchange): Reply {
  const { world, caller } = exchange;
  if (caller.kind !== 'token' || caller.token.kind === 'user') {
    throw new RestError(403, 'You must authenticate with an installation access token in order to list repositories.');
  }
  const { token } = caller;
  const items = [...world.repositories.values()].filter((repository) => covers(token, repository));
  return paginateIn(exchange, { key: 'repositories', items, render: (one) => repositoryJson(world, one) });
}

function revokeToken(exchange: Exchange): Reply {
  if (exchange.caller.kind !== 'token' || exchange.caller.token.kind === 'user') {
    throw notFound();
  }
  exchange.caller.token.revoked = true;
  return noContent();
}
