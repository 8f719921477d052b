import { createHash } from 'node:crypto';
import type { GitHubProblem, GitHubResult } from '../github/github.ts';
import type { OutboxItem } from '../store/stores.ts';
import { createMarker, hasMarker } from '../text/marker.ts';
import { inconclusiveUntil, isOwnComment } from './report-context.ts';
import type { ReportContext, ReportWork } from './report-context.ts';
import { arrivesInTime, LEASE_MS } from './report-leases.ts';
import { guardWrites } from './writing/guard-writes.ts';
import { joinBlocks } from './render/escape-text.ts';

const MAX_MESSAGES = 50;
const MAX_REPLY_CHARS = 60_000;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
/** After a day an answer is of no use any more. */
const MAX_AGE_MS = 24 * 3_600_000;

/** Takes due messages from the outbox and delivers them, side by side. */
export interface OutboxDelivery {
  /** Resolves with how many were taken. */
  take(): Promise<number>;
  /** When the next one that failed here has to be tried again. */
  retryAt(): Date | null;
}

export function createOutboxDelivery(options: ReportWork, track: (work: Promise<void>) => void): OutboxDelivery {
  const { clock, holder, log, stores } = options;
  const sending = new Set<string>();
  let retryAt: Date | null = null;

  async function deliverOne(item: OutboxItem, leasedAt: Date): Promise<void> {
    const mayWrite = (): boolean => arrivesInTime(leasedAt, clock.now());
    const github = guardWrites(options.github(item.installationId), mayWrite);
    let at: Date | null;
    try {
      at = await deliverOutbox(item, { ...options, github });
    } catch (error) {
      log.error('Delivering a message failed', { key: item.key, error });
      at = new Date(clock.now().getTime() + LEASE_MS);
    }
    sending.delete(item.key);
    if (at !== null && (retryAt === null || at < retryAt)) {
      retryAt = at;
    }
  }

  return {
    async take() {
      const now = clock.now();
      if (retryAt !== null && retryAt <= now) {
        retryAt = null;
      }
      const items = await stores.outbox.take({ holder, max: MAX_MESSAGES, now, leaseMs: LEASE_MS });
      // One that takes longer than its lease is given out again although it is still being sent.
      for (const item of items.filter(({ key }) => !sending.has(key))) {
        sending.add(item.key);
        track(deliverOne(item, now));
      }
      return items.length;
    },
    retryAt: () => retryAt,
  };
}

/**
 * Delivers one message. Reactions are idempotent at GitHub; a reply carries the hash of its key, so that after a
 * lost answer it is found again. Resolves with when it has to be tried again; null when it is settled.
 */
async function deliverOutbox(item: OutboxItem, context: ReportContext): Promise<Date | null> {
  const { stores, clock, holder, log } = context;
  const now = clock.now();
  const result = await deliver(item, context);
  if (result.ok) {
    await stores.outbox.settle(item.key, { holder, now: clock.now(), externalId: result.value, note: 'delivered' });
    return null;
  }
  const { problem } = result;
  const isPassing = ['unavailable', 'limited', 'unauthorized'].includes(problem.kind);
  const isFresh = now.getTime() - item.createdAt.getTime() < MAX_AGE_MS;
  if (isPassing && isFresh) {
    const at = retryAt(item, { problem, now });
    await stores.outbox.retryLater(item.key, {
      holder,
      now: clock.now(),
      at,
      error: `${problem.kind}: ${problem.message}`,
    });
    return at;
  }
  // Deleted, locked or refused: it would not be seen.
  log.info('A message could not be delivered and was dropped', {
    key: item.key,
    problem: problem.kind,
    detail: problem.message,
  });
  await stores.outbox.settle(item.key, {
    holder,
    now: clock.now(),
    externalId: null,
    note: `given up: ${problem.kind}: ${problem.message}`,
  });
  return null;
}

async function deliver(item: OutboxItem, context: ReportContext): Promise<GitHubResult<string | null>> {
  const { message, repository, thread } = item;
  if (message.kind === 'reaction') {
    const commentId = message.target === 'thread' ? null : message.target.commentId;
    const target = { number: thread.number, commentId, content: message.content };
    const added = await context.github.addReaction(repository, target);
    return added.ok ? { ok: true, value: null } : added;
  }
  if (message.kind === 'label') {
    const added = await context.github.addLabels(repository, { number: thread.number, labels: [message.label] });
    return added.ok ? { ok: true, value: null } : added;
  }
  return deliverReply(item, { body: message.body, context });
}

async function deliverReply(
  item: OutboxItem,
  reply: { body: string; context: ReportContext },
): Promise<GitHubResult<string | null>> {
  const { stores, github, appId, clock, holder, onStep } = reply.context;
  const key = await stores.keys.get('comment-marker');
  const name = `reply-${createHash('sha256').update(item.key).digest('hex').slice(0, 20)}`;
  // A process of an older version does not say when it sends.
  if (item.sentAt !== null || item.tries > 1) {
    const comments = await github.fetchComments(item.repository, item.thread.number);
    if (!comments.ok) {
      return comments;
    }
    const found = comments.value.find(
      (comment) => isOwnComment(comment, appId) && hasMarker(comment.body, { name, key }),
    );
    if (found) {
      return { ok: true, value: String(found.id) };
    }
    const until = inconclusiveUntil(item.sentAt, clock.now());
    if (until !== null) {
      return { ok: false, problem: notShownYet(until) };
    }
  }
  const { held } = await stores.outbox.sending(item.key, { holder, now: clock.now() });
  if (!held) {
    // The current holder sends it; settling it under this lease changes nothing.
    return { ok: true, value: null };
  }
  const created = await github.createComment(item.repository, {
    number: item.thread.number,
    body: `${createMarker(name, key)}\n${joinBlocks([reply.body], MAX_REPLY_CHARS)}`,
  });
  await onStep?.('reply.after_create');
  return created.ok ? { ok: true, value: String(created.value.id) } : created;
}

function notShownYet(retryAt: Date): GitHubProblem {
  const message = 'The previous request may have reached GitHub, and the list of comments may not show it yet';
  return { kind: 'unavailable', status: null, message, retryAt };
}

function retryAt(item: OutboxItem, about: { problem: GitHubProblem; now: Date }): Date {
  const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(item.tries, 10), LAST_RETRY_MS);
  const soonest = about.now.getTime() + delayMs;
  return new Date(Math.max(soonest, about.problem.retryAt?.getTime() ?? 0));
}
