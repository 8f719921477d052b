import type { Incoming } from '../admission/incoming.ts';
import {
  CheckRunPayload,
  IssueCommentPayload,
  IssuesPayload,
  ReviewPayload,
  ReviewCommentPayload,
  type IssuePayload,
  type RepositoryPayload,
} from './payloads.ts';

/** The right to run a command is the author's; the sender of the event adds none. */
const OTHER_AUTHOR = 'the sender is not the author of the text';

/** What a payload is: something to decide on, something to ignore, or nothing that GitHub sends. */
export type Read =
  | { readonly kind: 'incoming'; readonly incoming: Incoming }
  | { readonly kind: 'ignored'; readonly why: string };

/**
 * Reads the payloads that may carry a command. Only created comments, added and removed labels, closed issues, deleted
 * trigger comments and our own buttons count; an edit never starts or changes anything, and what our own App wrote is
 * never read.
 */
export function readIncoming(event: { name: string; payload: unknown }, own: { appId: number | null }): Read {
  switch (event.name) {
    case 'issue_comment':
      return readIssueComment(event.payload, own);
    case 'issues':
      return readIssue(event.payload);
    case 'pull_request_review_comment':
      return readReviewComment(event.payload, own);
    case 'pull_request_review':
      return readReview(event.payload);
    case 'check_run':
      return readButton(event.payload);
    default:
      return { kind: 'ignored', why: 'event without commands' };
  }
}

function readIssueComment(payload: unknown, own: { appId: number | null }): Read {
  const parsed = IssueCommentPayload.safeParse(payload);
  if (!parsed.success) {
    return { kind: 'ignored', why: 'unexpected payload' };
  }
  const { action, comment, issue, repository, sender, installation } = parsed.data;
  if (action !== 'created' && action !== 'deleted') {
    return { kind: 'ignored', why: `comment ${action}` };
  }
  if (isOwn(comment.performed_via_github_app?.id, own)) {
    return { kind: 'ignored', why: 'own comment' };
  }
  if (action === 'created' && comment.user?.id !== sender.id) {
    return { kind: 'ignored', why: OTHER_AUTHOR };
  }
  return {
    kind: 'incoming',
    incoming: {
      ...readDoubt(parsed.data),
      installationId: installation.id,
      repository: readRepository(repository),
      thread: readThread(issue, issue.pull_request === undefined ? 'issue' : 'pull_request'),
      sender: readSender(sender),
      at: new Date(action === 'created' ? comment.created_at : issue.updated_at),
      cause:
        action === 'created'
          ? { kind: 'comment', commentId: comment.id, url: comment.html_url, body: comment.body ?? '' }
          : { kind: 'comment_deleted', commentId: comment.id },
    },
  };
}

function readReviewComment(payload: unknown, own: { appId: number | null }): Read {
  const parsed = ReviewCommentPayload.safeParse(payload);
  if (!parsed.success) {
    return { kind: 'ignored', why: 'unexpected payload' };
  }
  const { action, comment, pull_request: pull, repository, sender, installation } = parsed.data;
  if (action !== 'created' || isOwn(comment.performed_via_github_app?.id, own)) {
    return { kind: 'ignored', why: action === 'created' ? 'own comment' : `review comment ${action}` };
  }
  if (comment.user?.id !== sender.id) {
    return { kind: 'ignored', why: OTHER_AUTHOR };
  }
  return {
    kind: 'incoming',
    incoming: {
      ...readDoubt(parsed.data),
      installationId: installation.id,
      repository: readRepository(repository),
      thread: readThread(pull, 'pull_request'),
      sender: readSender(sender),
      at: new Date(comment.created_at),
      cause: { kind: 'comment', commentId: comment.id, url: comment.html_url, body: comment.body ?? '' },
    },
  };
}

/** The text that a person writes when they submit a review; its comments on lines come as events of their own. */
function readReview(payload: unknown): Read {
  const parsed = ReviewPayload.safeParse(payload);
  if (!parsed.success) {
    return { kind: 'ignored', why: 'unexpected payload' };
  }
  const { action, review, pull_request: pull, repository, sender, installation } = parsed.data;
  if (action !== 'submitted' && action !== 'dismissed') {
    return { kind: 'ignored', why: `review ${action}` };
  }
  if (action === 'submitted' && review.user?.id !== sender.id) {
    return { kind: 'ignored', why: OTHER_AUTHOR };
  }
  return {
    kind: 'incoming',
    incoming: {
      ...readDoubt(parsed.data),
      installationId: installation.id,
      repository: readRepository(repository),
      thread: readThread(pull, 'pull_request'),
      sender: readSender(sender),
      at: new Date(action === 'submitted' ? (review.submitted_at ?? pull.updated_at) : pull.updated_at),
      cause:
        action === 'submitted'
          ? { kind: 'review', reviewId: review.id, url: review.html_url, body: review.body ?? '' }
          : { kind: 'review_dismissed', reviewId: review.id },
    },
  };
}

function readIssue(payload: unknown): Read {
  const parsed = IssuesPayload.safeParse(payload);
  if (!parsed.success) {
    return { kind: 'ignored', why: 'unexpected payload' };
  }
  const { action, issue, label, repository, sender, installation } = parsed.data;
  const cause = causeOfIssue(action, label?.name);
  if (cause === null) {
    return { kind: 'ignored', why: `issue ${action}` };
  }
  return {
    kind: 'incoming',
    incoming: {
      ...readDoubt(parsed.data),
      installationId: installation.id,
      repository: readRepository(repository),
      thread: readThread(issue, issue.pull_request === undefined ? 'issue' : 'pull_request'),
      sender: readSender(sender),
      at: new Date(issue.updated_at),
      cause,
    },
  };
}

function causeOfIssue(action: string, label: string | undefined): Incoming['cause'] | null {
  if (action === 'closed') {
    return { kind: 'closed' };
  }
  if (label === undefined) {
    return null;
  }
  switch (action) {
    case 'labeled':
      return { kind: 'label', label };
    case 'unlabeled':
      return { kind: 'unlabeled', label };
    default:
      return null;
  }
}

function readButton(payload: unknown): Read {
  const parsed = CheckRunPayload.safeParse(payload);
  if (!parsed.success) {
    return { kind: 'ignored', why: 'unexpected payload' };
  }
  const { action, check_run: check, requested_action: requested, repository, sender, installation } = parsed.data;
  if (action !== 'requested_action' || requested?.identifier === undefined || !check.external_id) {
    return { kind: 'ignored', why: `check run ${action}` };
  }
  return {
    kind: 'incoming',
    incoming: {
      installationId: installation.id,
      repository: readRepository(repository),
      // The thread is the task's own; admission finds it by the task id.
      thread: {
        number: 0,
        kind: 'pull_request',
        title: '',
        body: '',
        author: { id: 0, login: '' },
        open: true,
        locked: false,
      },
      sender: readSender(sender),
      at: new Date(check.completed_at ?? 0),
      cause: {
        kind: 'button',
        identifier: requested.identifier,
        taskId: check.external_id,
        checkRunId: check.id,
        completedAt: check.completed_at ?? '',
      },
    },
  };
}

function readDoubt({ textMayDiffer }: { textMayDiffer?: boolean | undefined }): Pick<Incoming, 'textMayDiffer'> {
  return textMayDiffer === true ? { textMayDiffer } : {};
}

function isOwn(appId: number | undefined, own: { appId: number | null }): boolean {
  return appId !== undefined && appId === own.appId;
}

/** The repository of a payload. */
export function readRepository(repository: RepositoryPayload): Incoming['repository'] {
  return {
    id: repository.id,
    owner: repository.owner.login,
    name: repository.name,
    defaultBranch: repository.default_branch,
    archived: repository.archived,
    url: repository.html_url,
  };
}

function readThread(issue: IssuePayload, kind: Incoming['thread']['kind']): Incoming['thread'] {
  return {
    number: issue.number,
    kind,
    title: issue.title,
    body: issue.body ?? '',
    author: { id: issue.user?.id ?? 0, login: issue.user?.login ?? 'ghost' },
    open: issue.state === 'open',
    locked: issue.locked,
  };
}

/** Whoever did it. */
export function readSender(sender: { id: number; login: string; type: string }): Incoming['sender'] {
  return { id: sender.id, login: sender.login, isBot: sender.type === 'Bot' };
}
