import { ok, param, repositoryOf, type Exchange, type Reply } from '../../http/exchange.ts';
import { paginate } from '../../http/pagination.ts';
import { notFound } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { time } from '../../json/user-json.ts';
import { fullName } from '../../state/find.ts';

const METADATA = { permissions: ['metadata:read'] };

export function rulesetRoutes(): Route[] {
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/rules/branches/{branch}', need: METADATA, handle: listRules },
    { method: 'GET', path: '/repos/{owner}/{repo}/rulesets/{ruleset_id}', need: METADATA, handle: getRuleset },
  ];
}

/** The rules for a branch of this name, whether or not it is there, and whoever may bypass them. */
function listRules(exchange: Exchange): Reply {
  const repository = repositoryOf(exchange);
  const branch = param(exchange, 'branch');
  const rules = repository.rulesets
    .filter(({ include }) => toExpression(include).test(branch))
    .flatMap((ruleset) => ruleset.rules.map((rule) => ({ ...rule, ruleset_id: ruleset.id })));
  return paginate(exchange, rules, (rule) => ({
    ...rule,
    ruleset_source_type: 'Repository',
    ruleset_source: fullName(repository),
  }));
}

function getRuleset(exchange: Exchange): Reply {
  const repository = repositoryOf(exchange);
  const found = repository.rulesets.find(({ id }) => id === Number(param(exchange, 'ruleset_id')));
  if (!found) {
    throw notFound();
  }
  return ok({
    id: found.id,
    name: found.name,
    target: 'branch',
    source_type: 'Repository',
    source: fullName(repository),
    enforcement: 'active',
    current_user_can_bypass: found.bypass,
    conditions: { ref_name: { include: [`refs/heads/${found.include}`], exclude: [] } },
    rules: found.rules,
    created_at: time(repository.createdAt),
    updated_at: time(repository.createdAt),
  });
}

function toExpression(include: string): RegExp {
  return new RegExp(`^${include.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}
