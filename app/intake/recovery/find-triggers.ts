import { nearbyKeys, semanticKeyOf } from '../../admission/semantic-key.ts';
import { labelKey } from '../../config/label-name.ts';
import { mayHoldCommand } from '../../command/parse-comment.ts';
import type { GitHubActivity, GitHubResult, RawObject } from '../../github/github.ts';
import type { RepositoryRef } from '../../task/task.ts';
import { readIncoming } from '../read-incoming.ts';
import { RawComment, RawLabelEvent, RawReview, RawThread, type RawRepository } from './raw-objects.ts';

/** A command as the webhook would have delivered it, and the keys under which it may have been handled. */
export interface FoundTrigger {
  readonly event: 'issue_comment' | 'pull_request_review' | 'pull_request_review_comment' | 'issues';
  readonly payload: RawObject;
  readonly keys: readonly string[];
}

export interface Changes {
  /** Issues and pull requests that changed, the latest first. */
  readonly threads: readonly RawObject[];
  readonly since: Date;
  readonly repository: RawRepository;
  readonly ref: RepositoryRef;
  readonly installationId: number;
  readonly appId: number;
  readonly github: Pick<GitHubActivity, 'fetchCommentsSince' | 'fetchLabelEvents' | 'fetchReviews'>;
  /** The labels that are commands here, folded. Asked only when a thread that changed carries a label. */
  readonly fetchLabels: () => Promise<string[]>;
}

export interface Findings {
  readonly triggers: readonly FoundTrigger[];
  /** GitHub's time of the latest change. */
  readonly seenThrough: Date;
}

/** A change this soon after a command is the command itself. */
const SAME_CHANGE_MS = 5_000;

/**
 * The orders among what changed. Asks once for all comments, once for the reviews of each open pull request, and once for
 * each open issue that carries a command label.
 */
export async function findTriggers(changes: Changes): Promise<GitHubResult<Findings>> {
  const threads = changes.threads.flatMap((raw) => RawThread.safeParse(raw).data ?? []);
  const times = threads.map(({ updated_at: at }) => Date.parse(at));
  const seenThrough = new Date(Math.max(changes.since.getTime(), ...times));
  const comments = await findComments(threads, changes);
  if (!comments.ok) {
    return comments;
  }
  const reviews = await findReviews(threads, changes);
  if (!reviews.ok) {
    return reviews;
  }
  const labels = await findLabels(threads, changes);
  if (!labels.ok) {
    return labels;
  }
  // In the order in which they were given.
  const found = [...comments.value, ...reviews.value, ...labels.value].toSorted((one, other) => one.atMs - other.atMs);
  return { ok: true, value: { triggers: found.flatMap((one) => toTrigger(one, changes)), seenThrough } };
}

interface Found {
  readonly event: FoundTrigger['event'];
  readonly atMs: number;
  readonly payload: RawObject;
}

async function findComments(threads: readonly RawThread[], changes: Changes): Promise<GitHubResult<Found[]>> {
  const { github, ref, since } = changes;
  if (threads.length === 0) {
    return { ok: true, value: [] };
  }
  const hasPull = threads.some((thread) => thread.pull_request !== undefined);
  const said = await github.fetchCommentsSince(ref, { kind: 'thread', since });
  const reviewed = hasPull
    ? await github.fetchCommentsSince(ref, { kind: 'review', since })
    : { ok: true as const, value: [] };
  if (!said.ok) {
    return said;
  }
  if (!reviewed.ok) {
    return reviewed;
  }
  const found = [...said.value, ...reviewed.value].flatMap((raw) => {
    const comment = RawComment.safeParse(raw).data;
    const thread = comment && threads.find(({ number }) => number === threadNumberOf(comment));
    return comment !== undefined && thread !== undefined && isOrder(comment, since)
      ? [toFoundComment(comment, thread)]
      : [];
  });
  return { ok: true, value: found };
}

/** An edited comment is never a command: its original text is not known. */
function isOrder(comment: RawComment, since: Date): boolean {
  return (
    comment.created_at === comment.updated_at &&
    Date.parse(comment.created_at) >= since.getTime() &&
    mayHoldCommand(comment.body ?? '')
  );
}

function toFoundComment(comment: RawComment, thread: RawThread): Found {
  const atMs = Date.parse(comment.created_at);
  const common = { action: 'created', comment, sender: comment.user, ...doubt(thread, { atMs, by: comment.user.id }) };
  return comment.pull_request_url === undefined
    ? { event: 'issue_comment', atMs, payload: { ...common, issue: thread } }
    : { event: 'pull_request_review_comment', atMs, payload: { ...common, pull_request: thread } };
}

/**
 * The texts of submitted reviews. GitHub does not say whether one was edited; only its author and people with write
 * access can do that, so no command gets rights that its giver lacks.
 */
async function findReviews(threads: readonly RawThread[], changes: Changes): Promise<GitHubResult<Found[]>> {
  const found: Found[] = [];
  for (const thread of threads.filter(({ pull_request: pull, state }) => pull !== undefined && state === 'open')) {
    const reviews = await changes.github.fetchReviews(changes.ref, thread.number);
    if (!reviews.ok && reviews.problem.kind !== 'not_found') {
      return reviews;
    }
    for (const raw of reviews.ok ? reviews.value : []) {
      const review = RawReview.safeParse(raw).data;
      const atMs = Date.parse(review?.submitted_at ?? '');
      if (review !== undefined && atMs >= changes.since.getTime() && mayHoldCommand(review.body ?? '')) {
        const doubts = doubt(thread, { atMs, by: review.user.id });
        const payload = { action: 'submitted', review, pull_request: thread, sender: review.user, ...doubts };
        found.push({ event: 'pull_request_review', atMs, payload });
      }
    }
  }
  return { ok: true, value: found };
}

async function findLabels(threads: readonly RawThread[], changes: Changes): Promise<GitHubResult<Found[]>> {
  // On a pull request a label orders nothing.
  const labelled = threads.filter(
    ({ labels, pull_request: pull, state }) => pull === undefined && state === 'open' && labels.length > 0,
  );
  const commands = labelled.length === 0 ? [] : await changes.fetchLabels();
  const found: Found[] = [];
  for (const thread of labelled) {
    const worn = thread.labels.map((label) => labelKey(typeof label === 'string' ? label : label.name));
    const wanted = commands.filter((name) => worn.includes(name));
    if (wanted.length === 0) {
      continue;
    }
    const events = await changes.github.fetchLabelEvents(changes.ref, thread.number);
    if (!events.ok) {
      return events;
    }
    const read = events.value.flatMap((raw) => RawLabelEvent.safeParse(raw).data ?? []);
    for (const name of wanted) {
      // The one by which it is there now.
      const last = read.findLast(({ label }) => labelKey(label.name) === name);
      if (last?.actor && Date.parse(last.created_at) >= changes.since.getTime()) {
        const atMs = Date.parse(last.created_at);
        const { actor, created_at: at, label } = last;
        const issue = { ...thread, updated_at: at };
        const payload = { action: 'labeled', issue, label, sender: actor, ...doubt(thread, { atMs, by: actor.id }) };
        found.push({ event: 'issues', atMs, payload });
      }
    }
  }
  return { ok: true, value: found };
}

/** Whether another person may have changed the text after the command; its author approves their own text. */
function doubt(thread: RawThread, order: { atMs: number; by: number }): { textMayDiffer?: true } {
  const isLatest = Date.parse(thread.updated_at) <= order.atMs + SAME_CHANGE_MS;
  return isLatest || thread.user?.id === order.by ? {} : { textMayDiffer: true };
}

function toTrigger({ event, payload }: Found, changes: Changes): FoundTrigger[] {
  const { appId, installationId, repository } = changes;
  const whole = { ...payload, repository, installation: { id: installationId } };
  const read = readIncoming({ name: event, payload: whole }, { appId });
  return read.kind === 'incoming'
    ? [{ event, payload: whole, keys: [semanticKeyOf(read.incoming), ...nearbyKeys(read.incoming)] }]
    : [];
}

function threadNumberOf(comment: RawComment): number {
  return Number((comment.pull_request_url ?? comment.issue_url ?? '').split('/').at(-1));
}
