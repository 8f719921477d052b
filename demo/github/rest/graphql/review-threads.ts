import { replyToThread, resolveThread } from '../../actions/review-actions.ts';
import { canSee, checkAccess } from '../../auth/access.ts';
import { actorOf, ok, type Exchange, type Reply } from '../../http/exchange.ts';
import { RestError } from '../../http/rest-error.ts';
import { isPull, type PullIssue } from '../../json/pull-json.ts';
import { reviewCommentUrl } from '../../json/review-comment-json.ts';
import { nodeId, time, type Json } from '../../json/user-json.ts';
import { findRepository } from '../../state/find.ts';
import type { ReviewComment, ReviewThread } from '../../state/world.ts';
import { noSuchNode, refuse } from './refuse.ts';

const PAGE = 50;
const READ = { permissions: ['pull_requests:read', 'pull_requests:write'] };
const WRITE = { permissions: ['pull_requests:write'], role: 'read' as const };
/** GitHub lets an App resolve a conversation only with the right to change contents. */
const RESOLVE = { permissions: ['contents:write'], role: 'write' as const };

type Variables = Readonly<Record<string, unknown>>;

export function listThreads(exchange: Exchange, variables: Variables): Reply {
  const { caller, world } = exchange;
  const [owner, name] = [String(variables['owner']), String(variables['name'])];
  const repository = findRepository(world, owner, name);
  if (repository === undefined || !canSee(caller, repository)) {
    return refuse('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  }
  checkAccess(caller, READ, repository);
  const issue = repository.issues.get(Number(variables['number']));
  if (issue === undefined || !isPull(issue)) {
    return refuse('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${String(variables['number'])}.`);
  }
  const all = issue.pull.threads.filter(({ comments }) => comments.length > 0);
  const start = Number(variables['after'] ?? 0);
  const page = all.slice(start, start + PAGE);
  const end = start + page.length;
  const reviewThreads = {
    pageInfo: { hasNextPage: end < all.length, endCursor: String(end) },
    nodes: page.map((thread) => threadNode(exchange, issue, thread)),
  };
  return ok({ data: { repository: { pullRequest: { reviewThreads } } } });
}

function threadNode(exchange: Exchange, issue: PullIssue, thread: ReviewThread): Json {
  return {
    id: nodeId('PullRequestReviewThread', thread.id),
    isResolved: thread.resolvedBy !== null,
    isOutdated: thread.commitSha !== issue.pull.head.sha,
    path: thread.path,
    line: thread.commitSha === issue.pull.head.sha ? thread.line : null,
    originalLine: thread.line,
    comments: { nodes: thread.comments.map((comment) => commentNode(exchange, issue, comment)) },
  };
}

function commentNode(exchange: Exchange, issue: PullIssue, comment: ReviewComment): Json {
  const { createdAt, updatedAt, user } = comment;
  return {
    databaseId: comment.id,
    // The login of a bot has no suffix here.
    author: { __typename: user.type, login: user.login.replace(/\[bot\]$/, ''), databaseId: user.id },
    body: comment.body,
    createdAt: time(createdAt),
    lastEditedAt: updatedAt > createdAt ? time(updatedAt) : null,
    url: reviewCommentUrl(exchange.world, issue, comment),
    viewerDidAuthor: actorOf(exchange).user.id === user.id,
  };
}

interface Place {
  issue: PullIssue;
  thread: ReviewThread;
}

function find({ caller, world }: Exchange, id: unknown): Place | undefined {
  return [...world.repositories.values()]
    .filter((repository) => canSee(caller, repository))
    .flatMap((repository) => [...repository.issues.values()].filter((issue) => isPull(issue)))
    .flatMap((issue) => issue.pull.threads.map((thread) => ({ issue, thread })))
    .find(({ thread }) => nodeId('PullRequestReviewThread', thread.id) === id);
}

/** GraphQL calls a missing permission FORBIDDEN and answers 200. */
function mayNot(exchange: Exchange, need: typeof RESOLVE | typeof WRITE, { repository }: PullIssue): boolean {
  try {
    checkAccess(exchange.caller, need, repository);
    return false;
  } catch (error) {
    if (error instanceof RestError) {
      return true;
    }
    throw error;
  }
}

export function addReply(exchange: Exchange, { body, pullRequestReviewThreadId: id }: Variables): Reply {
  const place = find(exchange, id);
  if (place === undefined) {
    return noSuchNode(id);
  }
  if (mayNot(exchange, WRITE, place.issue)) {
    return refuse('FORBIDDEN', 'Resource not accessible by integration');
  }
  const reply = { thread: place.thread, body: String(body), actor: actorOf(exchange) };
  const comment = replyToThread(exchange.world, place.issue, reply);
  return ok({ data: { addPullRequestReviewThreadReply: { comment: { databaseId: comment.id } } } });
}

export function resolve(exchange: Exchange, { threadId: id }: Variables): Reply {
  const place = find(exchange, id);
  if (place === undefined) {
    return noSuchNode(id);
  }
  if (mayNot(exchange, RESOLVE, place.issue)) {
    return refuse('FORBIDDEN', 'Resource not accessible by integration');
  }
  resolveThread(exchange.world, place.issue, { thread: place.thread, by: actorOf(exchange) });
  return ok({ data: { resolveReviewThread: { thread: { isResolved: true } } } });
}

const METHODS = ['MERGE', 'SQUASH', 'REBASE'];

export function enableAutoMerge(exchange: Exchange, { expectedHeadOid, mergeMethod, pullRequestId }: Variables): Reply {
  const issue = [...exchange.world.repositories.values()]
    .filter((repository) => canSee(exchange.caller, repository))
    .flatMap((repository) => [...repository.issues.values()].filter((one) => isPull(one)))
    .find(({ pull }) => nodeId('PullRequest', pull.id) === pullRequestId);
  if (issue === undefined) {
    return noSuchNode(pullRequestId);
  }
  if (mayNot(exchange, RESOLVE, issue)) {
    return refuse('FORBIDDEN', 'Resource not accessible by integration');
  }
  if (issue.state !== 'open' || issue.pull.draft) {
    return refuse('UNPROCESSABLE', 'Pull request is in a state in which auto-merge cannot be enabled');
  }
  if (expectedHeadOid !== undefined && expectedHeadOid !== issue.pull.head.sha) {
    return refuse('UNPROCESSABLE', 'Head branch was modified. Review and try the merge again.');
  }
  const method = typeof mergeMethod === 'string' && METHODS.includes(mergeMethod) ? mergeMethod : 'MERGE';
  issue.pull.autoMerge = { by: actorOf(exchange).user, method };
  return ok({ data: { enablePullRequestAutoMerge: { pullRequest: { number: issue.number } } } });
}
