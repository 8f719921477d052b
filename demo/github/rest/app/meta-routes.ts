import { ok, param, type Exchange } from '../../http/exchange.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { fullUserJson } from '../../json/user-json.ts';
import { findUser } from '../../state/find.ts';
import type { User } from '../../state/world.ts';

/** The rate limit's numbers of a caller, without counting the request. */
export type RateOf = (exchange: Exchange) => { limit: number; remaining: number; used: number; reset: number };

export function metaRoutes(rateOf: RateOf): Route[] {
  return [
    { method: 'GET', path: '/', need: 'open', handle: ({ world }) => ok({ current_user_url: `${world.apiUrl}/user` }) },
    {
      method: 'GET',
      path: '/meta',
      need: 'open',
      handle: () => ok({ verifiable_password_authentication: false, installed_version: '3.19.0' }),
    },
    {
      method: 'GET',
      path: '/rate_limit',
      need: 'open',
      handle(exchange) {
        const rate = rateOf(exchange);
        return ok({ resources: { core: rate, search: rate, graphql: rate }, rate });
      },
    },
    {
      method: 'GET',
      path: '/user',
      need: 'token',
      handle: (exchange) => ok(fullUserJson(exchange.world, self(exchange))),
    },
    {
      method: 'GET',
      path: '/users/{username}',
      need: 'open',
      handle(exchange) {
        const user = findUser(exchange.world, param(exchange, 'username'));
        return ok(fullUserJson(exchange.world, known(user)));
      },
    },
    {
      method: 'GET',
      path: '/user/{account_id}',
      need: 'open',
      handle(exchange) {
        const id = Number(param(exchange, 'account_id'));
        const user = [...exchange.world.users.values()].find((one) => one.id === id);
        return ok(fullUserJson(exchange.world, known(user)));
      },
    },
  ];
}

function self(exchange: Exchange): User {
  if (exchange.caller.kind !== 'token' || exchange.caller.token.kind !== 'user') {
    throw new RestError(403, 'Resource not accessible by integration');
  }
  return exchange.caller.token.user;
}

function known(user: User | undefined): User {
  if (!user) {
    throw notFound();
  }
  return user;
}
