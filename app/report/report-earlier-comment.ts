import type { ReportContext, Delivered } from './report-context.ts';
import { settleProblem } from './report-comment.ts';
import type { ReportFacts } from './report-facts.ts';

/**
 * Minimizes the status comment that this task's own supersedes, as outdated, once this task has one. Done once: whoever
 * expands it again wants to see it. The new comment links to it.
 */
export async function reportEarlierComment(facts: ReportFacts, context: ReportContext): Promise<Delivered> {
  const { earlier, task } = facts;
  const { clock, github, holder, stores } = context;
  if (earlier === null) {
    return { kind: 'shown' };
  }
  const [own, done] = await Promise.all([
    stores.reports.find(task.id, 'comment', clock.now()),
    stores.reports.find(task.id, 'earlier_comment', clock.now()),
  ]);
  const externalId = String(earlier.commentId);
  if (done?.externalId === externalId || !/^\d/.test(own?.externalId ?? '')) {
    return { kind: 'shown' };
  }

  async function remember(): Promise<Delivered> {
    const now = clock.now();
    const report = { taskId: task.id, reporter: 'earlier_comment' as const, externalId, deliveredHash: null };
    const { held } = await stores.reports.save({ ...report, deliveredAt: now }, { holder, now });
    return { kind: held ? 'shown' : 'lost' };
  }

  const minimized = await github.minimizeComment(task.repository, { id: earlier.commentId, priority: 'low' });
  return minimized.ok
    ? remember()
    : settleProblem(minimized.problem, { task, context, giveUp: remember, isSamePhase: true });
}
