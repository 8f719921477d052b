import { fullName, roleOf } from '../state/find.ts';
import type { Comment, Issue, Label, Reaction, Repository, User, World } from '../state/world.ts';
import { appJson } from './app-json.ts';
import { nodeId, time, userJson, type Json } from './user-json.ts';

const REACTIONS = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'] as const;

export function issueJson(world: World, issue: Issue): Json {
  const url = `${world.apiUrl}/repos/${fullName(issue.repository)}/issues/${issue.number}`;
  const assignees = issue.assignees.map((user) => userJson(world, user));
  return {
    url,
    repository_url: `${world.apiUrl}/repos/${fullName(issue.repository)}`,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: threadUrl(world, issue),
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    number: issue.number,
    title: issue.title,
    user: userJson(world, issue.user),
    labels: issue.labels.map((label) => labelJson(world, issue.repository, label)),
    state: issue.state,
    locked: issue.locked,
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    comments: issue.comments.size,
    created_at: time(issue.createdAt),
    updated_at: time(issue.updatedAt),
    closed_at: issue.closedAt ? time(issue.closedAt) : null,
    author_association: association(issue.repository, issue.user),
    active_lock_reason: issue.lockReason,
    ...(issue.pull ? { draft: issue.pull.draft, pull_request: pullLinks(world, issue) } : {}),
    body: issue.body,
    closed_by: issue.closedBy ? userJson(world, issue.closedBy) : null,
    reactions: reactionsJson(issue.reactions, `${url}/reactions`),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: issue.viaApp ? appJson(world) : null,
    state_reason: issue.stateReason,
  };
}

function pullLinks(world: World, issue: Issue): Json {
  const htmlUrl = threadUrl(world, issue);
  return {
    url: `${world.apiUrl}/repos/${fullName(issue.repository)}/pulls/${issue.number}`,
    html_url: htmlUrl,
    diff_url: `${htmlUrl}.diff`,
    patch_url: `${htmlUrl}.patch`,
    merged_at: issue.pull?.mergedAt ? time(issue.pull.mergedAt) : null,
  };
}

/** The page of an issue or a pull request. */
export function threadUrl(world: World, issue: Issue): string {
  return `${world.url}/${fullName(issue.repository)}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
}

export function commentJson(world: World, comment: Comment): Json {
  const { issue } = comment;
  const repository = `${world.apiUrl}/repos/${fullName(issue.repository)}`;
  return {
    url: `${repository}/issues/comments/${comment.id}`,
    html_url: `${threadUrl(world, issue)}#issuecomment-${comment.id}`,
    issue_url: `${repository}/issues/${issue.number}`,
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    user: userJson(world, comment.user),
    created_at: time(comment.createdAt),
    updated_at: time(comment.updatedAt),
    author_association: association(issue.repository, comment.user),
    body: comment.body,
    reactions: reactionsJson(comment.reactions, `${repository}/issues/comments/${comment.id}/reactions`),
    performed_via_github_app: comment.viaApp ? appJson(world) : null,
  };
}

export function labelJson(world: World, repository: Repository, label: Label): Json {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${world.apiUrl}/repos/${fullName(repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: label.default,
    description: label.description,
  };
}

export function reactionJson(world: World, reaction: Reaction): Json {
  return {
    id: reaction.id,
    node_id: nodeId('Reaction', reaction.id),
    user: userJson(world, reaction.user),
    content: reaction.content,
    created_at: time(reaction.createdAt),
  };
}

function reactionsJson(reactions: readonly Reaction[], url: string): Json {
  const counts = REACTIONS.map((content) => [content, reactions.filter((one) => one.content === content).length]);
  return { url, total_count: reactions.length, ...Object.fromEntries(counts) };
}

export function isReaction(content: unknown): content is string {
  return (REACTIONS as readonly unknown[]).includes(content);
}

/** GitHub's vague word for how an author belongs to a repository. Never a permission. */
export function association(repository: Repository, user: User): string {
  if (repository.owner.id === user.id) {
    return 'OWNER';
  }
  const role = roleOf(repository, user);
  if (repository.roles.has(user.id) && role !== 'none') {
    return repository.owner.type === 'Organization' ? 'MEMBER' : 'COLLABORATOR';
  }
  const hasMerged = [...repository.issues.values()].some((issue) => issue.user.id === user.id && issue.pull?.mergedAt);
  return hasMerged ? 'CONTRIBUTOR' : 'NONE';
}
