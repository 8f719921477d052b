import { createHash } from 'node:crypto';
import { isTerminal } from '../../protocol/index.ts';
import type { CheckAnnotation, CheckRunContent, GitHubProblem, GitHubResult } from '../github/github.ts';
import { isLagPossible } from '../task/is-lag-possible.ts';
import { TASK_TYPE_RECORDS } from '../task/task-types.ts';
import type { Task } from '../task/task.ts';
import { mayHaveRun } from '../store/restored.ts';
import { fetchApproval } from './approval/fetch-approval.ts';
import type { Approval } from './approval/decide-approval.ts';
import { CHECK_RUN_NAME, renderCheckRun, renderReplacedCheckRun } from './render-check-run.ts';
import { inconclusiveUntil } from './report-context.ts';
import type { Delivered, ReportContext } from './report-context.ts';
import { renderCleaned, type ReportFacts } from './report-facts.ts';

/** An approval, or its end, that no event told of is seen after this time, later the older the task is. */
const APPROVAL_LOOK_MS = 10 * 60_000;
const LAST_APPROVAL_LOOK_MS = 6 * 3_600_000;

/** The check run, and when to look again whether a person has approved what it is about. */
export async function reportCheckRun(facts: ReportFacts, context: ReportContext): Promise<Delivered> {
  const approval = await fetchApproval(facts.task, context);
  if (!approval.ok) {
    return readRetry(approval.problem) ?? { kind: 'retry', at: null, outage: false };
  }
  const delivered = await deliverCheckRun(facts, approval.value, context);
  return delivered.kind === 'shown' && approval.value?.isOpen === true
    ? { kind: 'later', at: nextApprovalLook(facts.task, context.clock.now()) }
    : delivered;
}

function nextApprovalLook({ finishedAt }: Task, now: Date): Date {
  const ageMs = now.getTime() - (finishedAt ?? now).getTime();
  return new Date(now.getTime() + Math.min(Math.max(ageMs / 10, APPROVAL_LOOK_MS), LAST_APPROVAL_LOOK_MS));
}

/**
 * The check run on the published head: one per head commit. Before there is a head the comment is the status, and a
 * task that is about to end gets its check run with its end. When a later attempt publishes another head, the check
 * run of the one before is closed.
 */
async function deliverCheckRun(
  facts: ReportFacts,
  approval: Approval | null,
  context: ReportContext,
): Promise<Delivered> {
  const { task } = facts;
  const { stores, clock } = context;
  // What has to be approved is the pull request as it is now, also when a person added to it.
  const headSha = approval?.headSha ?? publishedHead(task);
  const state = await stores.reports.find(task.id, 'check_run', clock.now());
  const record = readRecord(state?.externalId ?? null);
  const isMoving = !isTerminal(task.state) && task.state !== 'SUBMITTED';
  if (headSha === null || (isMoving && record.id === null)) {
    return { kind: 'shown' };
  }
  const check = await renderCleaned(context.render, (render) => renderCheckRun(facts, render, approval));
  const hash = createHash('sha256')
    .update(JSON.stringify([headSha, check]))
    .digest('hex');
  if (state?.deliveredHash === hash) {
    return { kind: 'shown' };
  }
  const content: CheckRunContent = { ...check, priority: isTerminal(task.state) ? 'high' : 'normal' };

  async function remember(externalId: string | null, deliveredHash: string | null): Promise<Delivered> {
    const shown = {
      taskId: task.id,
      reporter: 'check_run' as const,
      externalId,
      deliveredHash,
      deliveredAt: clock.now(),
    };
    const { held } = await stores.reports.save(shown, { holder: context.holder, now: shown.deliveredAt });
    return { kind: held ? 'shown' : 'lost' };
  }

  async function settle(result: GitHubResult<{ id: number } | void>, id: number | null): Promise<Delivered> {
    if (result.ok) {
      return remember(writeRecord({ id, headSha }), hash);
    }
    const retry = readRetry(result.problem);
    if (retry) {
      return retry;
    }
    if (mayBeLag(result.problem)) {
      return { kind: 'retry', at: null, outage: false };
    }
    context.log.warn('The check run cannot be written', {
      taskId: task.id,
      epoch: task.epoch,
      problem: result.problem.kind,
      status: result.problem.status,
      detail: result.problem.message,
    });
    return remember(state?.externalId ?? null, hash);
  }

  /** GitHub can deny the head right after the push, and a check run right after it was created. */
  function mayBeLag({ kind }: GitHubProblem): boolean {
    const shownAt = state === null || state.deliveredHash === null ? null : state.deliveredAt;
    const wasJustWritten = isLagPossible(task, clock) || inconclusiveUntil(shownAt, clock.now()) !== null;
    return (kind === 'invalid' || kind === 'not_found') && wasJustWritten;
  }

  if (record.id !== null && record.headSha === headSha) {
    return settle(await context.github.updateCheckRun(task.repository, { ...content, id: record.id }), record.id);
  }
  if (record.id !== null) {
    const closed = await context.github.updateCheckRun(task.repository, {
      ...renderReplacedCheckRun(headSha, approval),
      id: record.id,
    });
    const retry = closed.ok ? null : readRetry(closed.problem);
    if (retry) {
      return retry;
    }
  }
  const isBegun = state !== null && record.headSha === headSha;
  if (isBegun || mayHaveRun(task, context.restored ?? null)) {
    const on = { headSha, name: CHECK_RUN_NAME, externalId: task.id };
    const found = await context.github.findCheckRun(task.repository, on);
    if (!found.ok) {
      return settle(found, null);
    }
    if (found.value) {
      const { id } = found.value;
      return settle(await context.github.updateCheckRun(task.repository, { ...content, id }), id);
    }
    const until = inconclusiveUntil(isBegun && state.deliveredHash === null ? state.deliveredAt : null, clock.now());
    if (until !== null) {
      return { kind: 'retry', at: until, outage: false };
    }
  }
  const intent = await remember(writeRecord({ id: null, headSha }), null);
  if (intent.kind === 'lost') {
    return intent;
  }
  await context.onStep?.('check_run.before_create');
  const [first, ...batches] = batchAnnotations(task, headSha);
  const created = await context.github.createCheckRun(task.repository, {
    ...content,
    ...(first && { annotations: first }),
    name: CHECK_RUN_NAME,
    headSha,
    externalId: task.id,
  });
  await context.onStep?.('check_run.after_create');
  if (!created.ok && mayBeLag(created.problem)) {
    // It was refused, so the next attempt creates it without looking for it first.
    const cleared = await remember(null, null);
    return cleared.kind === 'lost' ? cleared : { kind: 'retry', at: null, outage: false };
  }
  if (!created.ok) {
    return settle(created, null);
  }
  for (const annotations of batches) {
    const added = await context.github.updateCheckRun(task.repository, {
      ...content,
      annotations,
      id: created.value.id,
    });
    if (!added.ok) {
      // They cannot be sent again without doubling those that arrived; the summary counts all.
      context.log.warn('Annotations of a check run cannot be written', {
        taskId: task.id,
        epoch: task.epoch,
        problem: added.problem.kind,
      });
      break;
    }
  }
  return settle(created, created.value.id);
}

/** GitHub takes fifty at once. They are sent with the check run of the commit they were found at, once. */
const MOST_AT_ONCE = 50;

function batchAnnotations({ publication, verdict }: Task, headSha: string): (readonly CheckAnnotation[])[] {
  const found = publication.headSha === headSha ? (verdict?.annotations?.shown ?? []) : [];
  const count = Math.ceil(found.length / MOST_AT_ONCE);
  return Array.from({ length: count }, (_, at) => found.slice(at * MOST_AT_ONCE, (at + 1) * MOST_AT_ONCE));
}

/** The head of a pull request on which this task has not pushed anything is not the result of this task. */
function publishedHead({ publication, type }: Task): string | null {
  const isPushed = TASK_TYPE_RECORDS[type].finalizer !== 'push' || publication.epoch !== null;
  return isPushed ? publication.headSha : null;
}

function readRetry(problem: GitHubProblem): Delivered | null {
  const isOutage = problem.kind === 'unavailable' || problem.kind === 'unauthorized';
  return isOutage || problem.kind === 'limited' ? { kind: 'retry', at: problem.retryAt, outage: isOutage } : null;
}

/** `<check run id>@<head>`; without the id while it is being created. */
interface CheckRunRecord {
  readonly id: number | null;
  readonly headSha: string | null;
}

function readRecord(externalId: string | null): CheckRunRecord {
  const [id = '', headSha = ''] = (externalId ?? '').split('@');
  return { id: id === '' ? null : Number(id), headSha: headSha === '' ? null : headSha };
}

function writeRecord({ id, headSha }: CheckRunRecord): string {
  return `${id ?? ''}@${headSha ?? ''}`;
}
