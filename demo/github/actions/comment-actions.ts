import { invalid } from '../http/rest-error.ts';
import { commentJson, isReaction, issueJson } from '../json/issue-json.ts';
import type { Actor, Comment, Issue, Reaction, User, World } from '../state/world.ts';
import { checkBody, checkUnlocked, checkWritable } from './issue-actions.ts';

export function createComment(world: World, issue: Issue, draft: { body: string; actor: Actor }): Comment {
  checkWritable(issue.repository);
  checkUnlocked(issue, draft.actor);
  checkCommentBody(draft.body);
  const now = world.now();
  const comment: Comment = {
    id: world.newId(),
    issue,
    user: draft.actor.user,
    viaApp: draft.actor.viaApp,
    body: draft.body,
    reactions: [],
    minimizedAs: null,
    createdAt: now,
    updatedAt: now,
  };
  issue.comments.set(comment.id, comment);
  issue.updatedAt = now;
  emitComment(world, comment, { action: 'created', sender: draft.actor.user });
  return comment;
}

export function editComment(world: World, comment: Comment, edit: { body: string; actor: Actor }): void {
  checkWritable(comment.issue.repository);
  checkCommentBody(edit.body);
  const from = comment.body;
  comment.body = edit.body;
  comment.updatedAt = world.now();
  emitComment(world, comment, { action: 'edited', sender: edit.actor.user, more: { changes: { body: { from } } } });
}

export function deleteComment(world: World, comment: Comment, actor: Actor): void {
  checkWritable(comment.issue.repository);
  comment.issue.comments.delete(comment.id);
  emitComment(world, comment, { action: 'deleted', sender: actor.user });
}

function checkCommentBody(body: string): void {
  if (body.trim() === '') {
    throw invalid({ resource: 'IssueComment', code: 'missing_field', field: 'body' });
  }
  checkBody('IssueComment', body);
}

function emitComment(
  world: World,
  comment: Comment,
  event: { action: string; sender: User; more?: Record<string, unknown> },
): void {
  const { issue } = comment;
  const payload = { issue: issueJson(world, issue), comment: commentJson(world, comment), ...event.more };
  const { action, sender } = event;
  world.emit({ event: 'issue_comment', action, repository: issue.repository, sender, payload });
}

/** The reaction, and whether it is new: reacting twice in the same way changes nothing. */
export function react(
  world: World,
  target: { reactions: Reaction[] },
  reaction: { content: unknown; actor: Actor },
): { reaction: Reaction; isNew: boolean } {
  const { content, actor } = reaction;
  if (!isReaction(content)) {
    throw invalid({ resource: 'Reaction', code: 'invalid', field: 'content' });
  }
  const known = target.reactions.find((one) => one.user.id === actor.user.id && one.content === content);
  if (known) {
    return { reaction: known, isNew: false };
  }
  const fresh = { id: world.newId(), user: actor.user, content, createdAt: world.now() };
  target.reactions.push(fresh);
  return { reaction: fresh, isNew: true };
}
