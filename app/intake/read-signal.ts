import type { Signal } from '../admission/signal.ts';
import { CheckSuitePayload, ReviewedPayload, StatusPayload } from './payloads.ts';
import { readRepository, readSender } from './read-incoming.ts';

const FAILED: readonly string[] = ['failure', 'timed_out', 'startup_failure'];

/** Reads what may start a task by itself: a submitted review, or that something failed at a commit. Null for the rest. */
export function readSignal(
  event: { readonly name: string; readonly payload: unknown },
  own: { readonly appId: number },
): Signal | null {
  switch (event.name) {
    case 'pull_request_review':
      return readReviewed(event.payload);
    case 'check_suite':
      return readSuite(event.payload, own);
    case 'status':
      return readStatus(event.payload);
    default:
      return null;
  }
}

function readReviewed(payload: unknown): Signal | null {
  const parsed = ReviewedPayload.safeParse(payload);
  if (!parsed.success || parsed.data.action !== 'submitted' || parsed.data.review.state === 'approved') {
    return null;
  }
  const { installation, pull_request: pull, repository, review, sender } = parsed.data;
  if (sender.type === 'Bot' || review.user?.id !== sender.id) {
    return null;
  }
  return {
    installationId: installation.id,
    repository: readRepository(repository),
    at: new Date(review.submitted_at ?? 0),
    cause: {
      kind: 'reviewed',
      pullNumber: pull.number,
      reviewId: review.id,
      headSha: pull.head.sha,
      reviewer: readSender(sender),
    },
  };
}

function readSuite(payload: unknown, { appId }: { appId: number }): Signal | null {
  const parsed = CheckSuitePayload.safeParse(payload);
  if (!parsed.success || parsed.data.action !== 'completed') {
    return null;
  }
  const { check_suite: suite, installation, repository } = parsed.data;
  // What our own check run says follows from the checks of others.
  if (suite.app?.id === appId || !FAILED.includes(suite.conclusion ?? '')) {
    return null;
  }
  return {
    installationId: installation.id,
    repository: readRepository(repository),
    at: new Date(suite.updated_at),
    cause: {
      kind: 'check_failed',
      headSha: suite.head_sha,
      pullNumbers: suite.pull_requests.map(({ number }) => number),
      branches: suite.head_branch ? [suite.head_branch] : [],
    },
  };
}

function readStatus(payload: unknown): Signal | null {
  const parsed = StatusPayload.safeParse(payload);
  if (!parsed.success || !['failure', 'error'].includes(parsed.data.state)) {
    return null;
  }
  const { branches, installation, repository, sha, updated_at: at } = parsed.data;
  return {
    installationId: installation.id,
    repository: readRepository(repository),
    at: new Date(at),
    cause: { kind: 'check_failed', headSha: sha, pullNumbers: [], branches: branches.map(({ name }) => name) },
  };
}
