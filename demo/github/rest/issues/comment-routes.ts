import { createComment, deleteComment, editComment } from '../../actions/comment-actions.ts';
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
import type { Route } from '../../http/route.ts';
import { commentJson } from '../../json/issue-json.ts';
import { requireComment } from '../../state/find.ts';
import type { Comment } from '../../state/world.ts';
import { checkMayEdit, issueOf } from './issue-routes.ts';

const READ = { permissions: ['issues:read', 'pull_requests:read'] };
const WRITE = { permissions: ['issues:write', 'pull_requests:write'], role: 'read' as const };

export function commentRoutes(): Route[] {
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/issues/comments', need: READ, handle: listAll },
    { method: 'GET', path: '/repos/{owner}/{repo}/issues/comments/{comment_id}', need: READ, handle: get },
    { method: 'PATCH', path: '/repos/{owner}/{repo}/issues/comments/{comment_id}', need: WRITE, handle: update },
    { method: 'DELETE', path: '/repos/{owner}/{repo}/issues/comments/{comment_id}', need: WRITE, handle: remove },
    { method: 'GET', path: '/repos/{owner}/{repo}/issues/{issue_number}/comments', need: READ, handle: list },
    { method: 'POST', path: '/repos/{owner}/{repo}/issues/{issue_number}/comments', need: WRITE, handle: create },
  ];
}

/** The comment of a route with `{comment_id}`. */
export function commentOf(exchange: Exchange): Comment {
  return requireComment(repositoryOf(exchange), param(exchange, 'comment_id'));
}

function listAll(exchange: Exchange): Reply {
  const comments = [...repositoryOf(exchange).issues.values()].flatMap((issue) => [...issue.comments.values()]);
  return paginate(exchange, since(exchange, comments), (comment) => commentJson(exchange.world, comment));
}

function list(exchange: Exchange): Reply {
  const comments = shown(exchange, [...issueOf(exchange).comments.values()]);
  return paginate(exchange, since(exchange, comments), (comment) => commentJson(exchange.world, comment));
}

function since(exchange: Exchange, comments: Comment[]): Comment[] {
  const from = exchange.query.get('since');
  return from === null ? comments : comments.filter(({ updatedAt }) => updatedAt >= new Date(from));
}

function get(exchange: Exchange): Reply {
  return ok(commentJson(exchange.world, commentOf(exchange)));
}

function create(exchange: Exchange): Reply {
  const body = textField(exchange, 'body') ?? '';
  const comment = createComment(exchange.world, issueOf(exchange), { body, actor: actorOf(exchange) });
  return created(commentJson(exchange.world, comment));
}

function update(exchange: Exchange): Reply {
  const comment = commentOf(exchange);
  checkMayEdit(exchange, { author: comment.user.id, role: 'write' });
  editComment(exchange.world, comment, { body: textField(exchange, 'body') ?? '', actor: actorOf(exchange) });
  return ok(commentJson(exchange.world, comment));
}

function remove(exchange: Exchange): Reply {
  const comment = commentOf(exchange);
  checkMayEdit(exchange, { author: comment.user.id, role: 'write' });
  deleteComment(exchange.world, comment, actorOf(exchange));
  return noContent();
}
