import { checkLines, submitReview, type LineDraft } from '../../actions/review-actions.ts';
import { actorOf, ok, param, repositoryOf, textField, type Exchange, type Reply } from '../../http/exchange.ts';
import { paginate, shown } from '../../http/pagination.ts';
import { RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { isPull, type PullIssue } from '../../json/pull-json.ts';
import { reviewCommentJson } from '../../json/review-comment-json.ts';
import { reviewJson } from '../../json/review-json.ts';
import { requirePull } from '../../state/find.ts';
import type { Review, ReviewComment, ReviewThread } from '../../state/world.ts';

const READ = { permissions: ['pull_requests:read'] };
const WRITE = { permissions: ['pull_requests:write'], role: 'read' as const };

export function reviewRoutes(): Route[] {
  const one = '/repos/{owner}/{repo}/pulls/{pull_number}';
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/pulls/comments', need: READ, handle: listAllComments },
    { method: 'GET', path: `${one}/reviews`, need: READ, handle: listReviews },
    { method: 'POST', path: `${one}/reviews`, need: WRITE, handle: createReview },
    { method: 'GET', path: `${one}/comments`, need: READ, handle: listComments },
  ];
}

function find(exchange: Exchange): PullIssue {
  return requirePull(exchange.world, repositoryOf(exchange), param(exchange, 'pull_number'));
}

function listReviews(exchange: Exchange): Reply {
  const issue = find(exchange);
  const dated = issue.pull.reviews.map((review) => ({ review, createdAt: review.submittedAt }));
  return paginate(exchange, shown(exchange, dated), ({ review }) => reviewJson(exchange.world, issue, review));
}

const STATES: Readonly<Record<string, Review['state']>> = {
  COMMENT: 'COMMENTED',
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
};

async function createReview(exchange: Exchange): Promise<Reply> {
  const issue = find(exchange);
  const state = STATES[textField(exchange, 'event') ?? ''];
  const body = textField(exchange, 'body') ?? '';
  const comments = (exchange.body['comments'] ?? []) as LineDraft[];
  if (state === undefined) {
    throw new RestError(422, 'The local GitHub has no pending reviews.');
  }
  if (state === 'COMMENTED' && body === '' && comments.length === 0) {
    throw new RestError(422, 'Unprocessable Entity', { errors: ['Review body is required'] });
  }
  if (state !== 'COMMENTED' && issue.user.id === actorOf(exchange).user.id) {
    throw new RestError(422, 'Unprocessable Entity', { errors: ['Can not approve your own pull request'] });
  }
  await checkLines(issue, comments);
  const commitSha = textField(exchange, 'commit_id');
  const review = submitReview(exchange.world, issue, { body, state, actor: actorOf(exchange), comments, commitSha });
  return ok(reviewJson(exchange.world, issue, review));
}

interface Placed {
  issue: PullIssue;
  thread: ReviewThread;
  comment: ReviewComment;
  createdAt: Date;
}

function commentsOf(issue: PullIssue): Placed[] {
  return issue.pull.threads.flatMap((thread) =>
    thread.comments.map((comment) => ({ issue, thread, comment, createdAt: comment.createdAt })),
  );
}

function listComments(exchange: Exchange): Reply {
  const placed = shown(exchange, commentsOf(find(exchange)));
  return paginate(exchange, placed, (one) => reviewCommentJson(exchange.world, one.issue, one));
}

function listAllComments(exchange: Exchange): Reply {
  const since = Date.parse(exchange.query.get('since') ?? '');
  const placed = [...repositoryOf(exchange).issues.values()]
    .filter((issue) => isPull(issue))
    .flatMap(commentsOf)
    .filter(({ comment }) => Number.isNaN(since) || comment.updatedAt.getTime() >= since);
  return paginate(exchange, shown(exchange, placed), (one) => reviewCommentJson(exchange.world, one.issue, one));
}
