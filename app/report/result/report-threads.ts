import type { GitHubProblem, ReviewThreadFacts } from '../../github/github.ts';
import { FixOutput, type ThreadAnswer } from '../../task/fix.ts';
import { createMarker, hasMarker } from '../../text/marker.ts';
import { codeSpan } from '../render/escape-text.ts';
import { inconclusiveUntil, type Delivered, type ReportContext } from '../report-context.ts';
import { renderCleaned, type ReportFacts } from '../report-facts.ts';

const MAX_REPLY_CHARS = 3_000;

/**
 * Answers the review threads that a task addressed, each once, and resolves those whose change was pushed. A thread that
 * was resolved or deleted meanwhile is left alone. Each answer carries a marker, so that after a crash it is found.
 */
export async function reportThreads(facts: ReportFacts, context: ReportContext): Promise<Delivered> {
  const { attempt, task } = facts;
  const { clock, github, holder, stores } = context;
  const read = FixOutput.safeParse(attempt?.result?.output);
  if (task.state !== 'COMPLETED' || attempt === null || !read.success || read.data.threads.length === 0) {
    return { kind: 'shown' };
  }
  const state = await stores.reports.find(task.id, 'result', clock.now());
  if (state !== null && state.deliveredHash !== null) {
    return { kind: 'shown' };
  }
  const fetched = await github.fetchReviewThreads(task.repository, task.thread.number);
  if (!fetched.ok) {
    return readRetry(fetched.problem) ?? remember('given up');
  }
  // What was sent a moment ago may not be listed yet.
  const until = inconclusiveUntil(state?.deliveredAt ?? null, clock.now());
  if (until !== null) {
    return { kind: 'retry', at: until, outage: false };
  }
  const intent = await remember(null);
  if (intent.kind === 'lost') {
    return intent;
  }
  const key = await stores.keys.get('comment-marker');
  for (const answer of read.data.threads) {
    const thread = fetched.value.find(({ comments }) => comments[0]?.id === answer.thread);
    if (thread === undefined || (thread.comments[0]?.createdAt ?? clock.now()) > attempt.startedAt) {
      // Deleted, or one that the agent was not shown.
      continue;
    }
    const problem = await answerThread(thread, answer, key);
    const retry = problem === null ? null : readRetry(problem);
    if (retry !== null) {
      return retry;
    }
  }
  return remember('answered');

  async function answerThread(
    thread: ReviewThreadFacts,
    answer: ThreadAnswer,
    markerKey: Uint8Array,
  ): Promise<GitHubProblem | null> {
    const marker = { name: `${task.id}-${answer.thread}`, key: markerKey };
    const isAnswered = thread.comments.some(({ body, isOwn }) => isOwn && hasMarker(body, marker));
    if (thread.isResolved) {
      return null;
    }
    const isDone = answer.addressed && task.publication.epoch !== null;
    if (!isAnswered) {
      const said = await renderCleaned(context.render, ({ clean }) =>
        clean(answer.reply, { maxLength: MAX_REPLY_CHARS }),
      );
      const where = codeSpan(task.publication.headSha?.slice(0, 12) ?? '');
      const head = isDone ? `Addressed in ${where}.` : 'Not addressed.';
      const body = `${createMarker(marker.name, markerKey)}\n${[head, said].filter((part) => part !== '').join(' ')}`;
      const replied = await github.replyToThread(task.repository, { threadId: thread.id, body });
      await context.onStep?.('thread.after_reply');
      if (!replied.ok) {
        return note(replied.problem, 'A review thread cannot be answered');
      }
    }
    if (!isDone) {
      return null;
    }
    const resolved = await github.resolveThread(task.repository, { threadId: thread.id });
    await context.onStep?.('thread.after_resolve');
    return resolved.ok ? null : note(resolved.problem, 'A review thread cannot be resolved');
  }

  function note(problem: GitHubProblem, message: string): GitHubProblem {
    const { kind, message: detail } = problem;
    context.log.info(message, { taskId: task.id, epoch: task.epoch, problem: kind, detail });
    return problem;
  }

  async function remember(deliveredHash: string | null): Promise<Delivered> {
    const now = clock.now();
    const report = { taskId: task.id, reporter: 'result' as const, externalId: null, deliveredHash, deliveredAt: now };
    const { held } = await stores.reports.save(report, { holder, now });
    return { kind: held ? 'shown' : 'lost' };
  }
}

function readRetry({ kind, retryAt }: GitHubProblem): Delivered | null {
  const isOutage = kind === 'unavailable' || kind === 'unauthorized';
  return isOutage || kind === 'limited' ? { kind: 'retry', at: retryAt, outage: isOutage } : null;
}
