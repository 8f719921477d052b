import type { GitHubResult } from '../../github/github.ts';
import { rateFindings, type RatedFinding } from '../../task/findings.ts';
import { ReviewOutput } from '../../task/review.ts';
import { createMarker, hasMarker } from '../../text/marker.ts';
import { settleProblem } from '../report-comment.ts';
import { inconclusiveUntil, type Delivered, type ReportContext } from '../report-context.ts';
import { renderCleaned, type ReportFacts } from '../report-facts.ts';
import { placeFindings } from './place-findings.ts';
import { renderFinding, renderReviewBody } from './render-review.ts';

/**
 * Writes the one review of a task that has ended. The intent is recorded first, and the review carries the marker of the
 * task, so that after a crash it is found instead of written twice. What GitHub takes no comment on is in its text.
 */
export async function reportReview(facts: ReportFacts, context: ReportContext): Promise<Delivered> {
  const { attempt, task } = facts;
  const { clock, github, holder, stores } = context;
  const read = ReviewOutput.safeParse(attempt?.result?.output);
  if (task.state !== 'COMPLETED' || attempt === null || !read.success) {
    return { kind: 'shown' };
  }
  const state = await stores.reports.find(task.id, 'result', clock.now());
  if (state !== null && state.deliveredHash !== null) {
    return { kind: 'shown' };
  }

  async function remember(externalId: string | null, deliveredHash: string | null): Promise<Delivered> {
    const now = clock.now();
    const report = { taskId: task.id, reporter: 'result' as const, externalId, deliveredHash, deliveredAt: now };
    const { held } = await stores.reports.save(report, { holder, now });
    return { kind: held ? 'shown' : 'lost' };
  }

  function settle(result: Extract<GitHubResult<unknown>, { ok: false }>): Promise<Delivered> {
    const giveUp = (): Promise<Delivered> => remember(null, 'given up');
    return settleProblem(result.problem, { task, context, giveUp, isSamePhase: false });
  }

  const headSha = attempt.startSha ?? '';
  const key = await stores.keys.get('comment-marker');
  const marker = { name: `${task.id}-review`, key };
  const [reviews, threads, changed, runs] = await Promise.all([
    github.fetchReviewFacts(task.repository, task.thread.number),
    github.fetchReviewThreads(task.repository, task.thread.number),
    github.fetchChangedFiles(task.repository, { base: task.baseBranch ?? '', head: headSha }),
    stores.checks.list({ taskId: task.id, epoch: task.epoch }),
  ]);
  if (!reviews.ok) {
    return settle(reviews);
  }
  const own = reviews.value.find(({ author, body }) => author.isBot && hasMarker(body, marker));
  if (own !== undefined) {
    return remember(String(own.id), 'written');
  }
  const until = inconclusiveUntil(state?.deliveredAt ?? null, clock.now());
  if (until !== null) {
    return { kind: 'retry', at: until, outage: false };
  }
  const findings = rateFindings(read.data.findings, runs);
  const placed = placeFindings(findings, {
    // Without them everything is in the text of the review.
    files: changed.ok ? changed.value.files : [],
    threads: threads.ok ? threads.value : [],
    says: (body, fingerprint) => hasMarker(body, { name: `finding-${fingerprint}`, key }),
  });
  const intent = await remember(null, null);
  if (intent.kind === 'lost') {
    return intent;
  }
  const about = { summary: task.outcome?.summary ?? '', headSha, taskId: task.id };
  const write = async (inline: readonly RatedFinding[], inBody: readonly RatedFinding[]) => {
    const body = await renderCleaned(context.render, (render) =>
      renderReviewBody({ ...placed, inline, inBody }, about, render),
    );
    const comments = await Promise.all(
      inline.map(async (finding) => ({
        path: finding.path,
        line: finding.line,
        body: `${createMarker(`finding-${finding.fingerprint}`, key)}\n${await renderCleaned(context.render, (render) => renderFinding(finding, render))}`,
      })),
    );
    await context.onStep?.('review.before_create');
    const created = await github.createReview(task.repository, {
      number: task.thread.number,
      commitSha: headSha,
      body: `${createMarker(marker.name, key)}\n${body}`,
      comments,
    });
    await context.onStep?.('review.after_create');
    return created;
  };
  const created = await write(placed.inline, placed.inBody);
  const isLineRefused = !created.ok && created.problem.kind === 'invalid' && placed.inline.length > 0;
  const written = isLineRefused ? await write([], [...placed.inline, ...placed.inBody]) : created;
  return written.ok ? remember(String(written.value.id), 'written') : settle(written);
}
