import { react } from '../../actions/comment-actions.ts';
import { actorOf, noContent, param, type Exchange, type Reply } from '../../http/exchange.ts';
import { paginate } from '../../http/pagination.ts';
import { notFound } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { reactionJson } from '../../json/issue-json.ts';
import type { Reaction } from '../../state/world.ts';
import { commentOf } from './comment-routes.ts';
import { issueOf } from './issue-routes.ts';

const READ = { permissions: ['issues:read', 'pull_requests:read'] };
const WRITE = { permissions: ['issues:write', 'pull_requests:write'], role: 'read' as const };

/** Reactions on issues and on issue comments: the same three routes for both. */
export function reactionRoutes(): Route[] {
  return [
    ...routesFor('/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions', commentOf),
    ...routesFor('/repos/{owner}/{repo}/issues/{issue_number}/reactions', issueOf),
  ];
}

function routesFor(path: string, find: (exchange: Exchange) => { reactions: Reaction[] }): Route[] {
  return [
    { method: 'GET', path, need: READ, handle: (exchange) => list(exchange, find(exchange).reactions) },
    { method: 'POST', path, need: WRITE, handle: (exchange) => create(exchange, find(exchange)) },
    {
      method: 'DELETE',
      path: `${path}/{reaction_id}`,
      need: WRITE,
      handle: (exchange) => remove(exchange, find(exchange)),
    },
  ];
}

function list(exchange: Exchange, reactions: readonly Reaction[]): Reply {
  const content = exchange.query.get('content');
  const wanted = reactions.filter((one) => content === null || one.content === content);
  return paginate(exchange, wanted, (one) => reactionJson(exchange.world, one));
}

function create(exchange: Exchange, target: { reactions: Reaction[] }): Reply {
  const { world, body } = exchange;
  const { reaction, isNew } = react(world, target, { content: body['content'], actor: actorOf(exchange) });
  return { status: isNew ? 201 : 200, body: reactionJson(world, reaction) };
}

function remove(exchange: Exchange, target: { reactions: Reaction[] }): Reply {
  const { user } = actorOf(exchange);
  const index = target.reactions.findIndex(
    (one) => one.id === Number(param(exchange, 'reaction_id')) && one.user.id === user.id,
  );
  if (index === -1) {
    throw notFound();
  }
  target.reactions.splice(index, 1);
  return noContent();
}
