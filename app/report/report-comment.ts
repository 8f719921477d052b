import { createHash } from 'node:crypto';
import { isTerminal } from '../../protocol/index.ts';
import type { CommentFacts, GitHubProblem, GitHubResult, WritePriority } from '../github/github.ts';
import { isUncompared, mayHaveRun } from '../store/restored.ts';
import type { Task } from '../task/task.ts';
import type { ShownTask } from '../task/shown-facts.ts';
import { createMarker, hasMarker, sealFacts } from '../text/marker.ts';
import { renderComment } from './render-comment.ts';
import { inconclusiveUntil, isOwnComment } from './report-context.ts';
import type { Delivered, ReportContext } from './report-context.ts';
import { renderCleaned, type ReportFacts } from './report-facts.ts';
import { spentOf } from './render/render-cost.ts';

/** Edits that only move numbers are at least this far apart. */
const THIN_MS = 10_000;
const CENT_NANO = 10_000_000;

/**
 * The status comment: one per task, edited in place. The intent to create it is recorded first, so that
 * after a lost answer it is looked for by its marker instead of created again. If it is deleted once, it is created
 * again; deleted twice, it is not wanted.
 */
export async function reportComment(facts: ReportFacts, context: ReportContext): Promise<Delivered> {
  const { task } = facts;
  const { stores, clock } = context;
  if (!isTerminal(task.state) && isUncompared(task, context.restored ?? null)) {
    return { kind: 'later', at: new Date(clock.now().getTime() + THIN_MS) };
  }
  const key = await stores.keys.get('comment-marker');
  const marker = `${createMarker(task.id, key)}\n${sealFacts(shownFacts(facts), { name: task.id, key })}`;
  const body = await renderCleaned(context.render, (render) => renderComment(facts, { ...render, marker }));
  const phase = phaseOf(task);
  const hash = `${phase}:${createHash('sha256').update(body).digest('hex')}`;
  const state = await stores.reports.find(task.id, 'comment', clock.now());
  const record = readRecord(state?.externalId ?? null);
  if (state?.deliveredHash === hash || record.isUnwanted) {
    return { kind: 'shown' };
  }
  const isSamePhase = state?.deliveredHash?.startsWith(`${phase}:`) ?? false;
  const thinUntil = new Date((state?.deliveredAt?.getTime() ?? 0) + THIN_MS);
  if (isSamePhase && !isTerminal(task.state) && clock.now() < thinUntil) {
    return { kind: 'later', at: thinUntil };
  }

  async function remember(externalId: string | null, deliveredHash: string | null): Promise<Delivered> {
    const shown = {
      taskId: task.id,
      reporter: 'comment' as const,
      externalId,
      deliveredHash,
      deliveredAt: clock.now(),
    };
    const { held } = await stores.reports.save(shown, { holder: context.holder, now: shown.deliveredAt });
    return { kind: held ? 'shown' : 'lost' };
  }

  const priority = priorityOf(task, isSamePhase);
  if (record.id !== null) {
    const updated = await context.github.updateComment(task.repository, { id: record.id, body, priority });
    if (updated.ok) {
      return remember(writeRecord({ ...record, id: record.id }), hash);
    }
    if (updated.problem.kind !== 'not_found' && updated.problem.kind !== 'gone') {
      return settleProblem(updated.problem, {
        task,
        context,
        giveUp: () => remember(state?.externalId ?? null, hash),
        isSamePhase,
      });
    }
    const until = inconclusiveUntil(state?.deliveredAt ?? null, clock.now());
    if (updated.problem.kind === 'not_found' && until !== null) {
      // GitHub can deny a comment right after it was written; taken as deleted, it would be written twice.
      return { kind: 'retry', at: null, outage: false };
    }
    if (record.isRecreated) {
      return remember(UNWANTED, hash);
    }
  }

  const isRecreated = record.isRecreated || record.id !== null;
  const pending = writeRecord({ id: null, isRecreated });
  if (record.id === null && (state !== null || mayHaveRun(task, context.restored ?? null))) {
    const found = await findOwn({ task, key }, context);
    if (!found.ok) {
      return settleCreation(found);
    }
    if (found.value !== null) {
      return settleCreation(
        await context.github.updateComment(task.repository, { id: found.value.id, body, priority: 'high' }),
      );
    }
    const until = inconclusiveUntil(state?.deliveredHash === null ? state.deliveredAt : null, clock.now());
    if (until !== null) {
      return { kind: 'retry', at: until, outage: false };
    }
  }
  const intent = await remember(pending, null);
  if (intent.kind === 'lost') {
    return intent;
  }
  await context.onStep?.('comment.before_create');
  const created = await context.github.createComment(task.repository, {
    number: task.thread.number,
    body,
    priority: 'high',
  });
  await context.onStep?.('comment.after_create');
  return settleCreation(created);

  async function settleCreation(result: GitHubResult<CommentFacts>): Promise<Delivered> {
    if (result.ok) {
      return remember(writeRecord({ id: result.value.id, isRecreated }), hash);
    }
    const giveUp = (): Promise<Delivered> => remember(pending, hash);
    return settleProblem(result.problem, { task, context, giveUp, isSamePhase: false });
  }
}

/** Whole cents, rounded up, so that the line changes no more often than what people read. */
function shownFacts(facts: ReportFacts): ShownTask {
  return { state: facts.task.state, spentNano: Math.ceil(spentOf(facts) / CENT_NANO) * CENT_NANO };
}

/** Our comment on the thread whose number was never learnt, by its marker. */
async function findOwn(
  wanted: { task: Task; key: Uint8Array },
  { appId, github }: ReportContext,
): Promise<GitHubResult<CommentFacts | null>> {
  const { key, task } = wanted;
  const comments = await github.fetchComments(task.repository, task.thread.number);
  if (!comments.ok) {
    return comments;
  }
  const found = comments.value.find(
    (comment) => isOwnComment(comment, appId) && hasMarker(comment.body, { name: task.id, key }),
  );
  return { ok: true, value: found ?? null };
}

/** What GitHub's refusal of a comment means for its report; `isSamePhase` for a change that may wait. */
export async function settleProblem(
  problem: GitHubProblem,
  about: { task: Task; context: ReportContext; giveUp: () => Promise<Delivered>; isSamePhase: boolean },
): Promise<Delivered> {
  const { task, context } = about;
  const fields = {
    taskId: task.id,
    epoch: task.epoch,
    problem: problem.kind,
    status: problem.status,
    detail: problem.message,
  };
  switch (problem.kind) {
    case 'limited':
      // An edit that only moves numbers must not hold up the news that may come before its time.
      return about.isSamePhase && problem.retryAt
        ? { kind: 'later', at: problem.retryAt }
        : { kind: 'retry', at: problem.retryAt, outage: false };
    case 'unavailable':
      return { kind: 'retry', at: problem.retryAt, outage: true };
    case 'unauthorized':
      context.log.error('GitHub refused the credentials while a comment was written', fields);
      return { kind: 'retry', at: new Date(context.clock.now().getTime() + 5 * 60_000), outage: true };
    case 'not_found':
    case 'gone':
    case 'forbidden':
      // Deleted, transferred, locked or archived: it would not be seen there.
      context.log.info('The status comment cannot be written', fields);
      return about.giveUp();
    case 'conflict':
    case 'invalid':
      context.log.error('GitHub did not accept the status comment', fields);
      return about.giveUp();
  }
}

/** A change of this is shown immediately. */
function phaseOf(task: Task): string {
  return [task.state, task.wait?.reason, task.stop?.kind].filter(Boolean).join('.');
}

function priorityOf(task: Task, isSamePhase: boolean): WritePriority {
  if (isTerminal(task.state)) {
    return 'high';
  }
  return isSamePhase ? 'low' : 'normal';
}

/** The comment's id, followed by `+` once it was created for the second time. */
interface CommentRecord {
  readonly id: number | null;
  readonly isRecreated: boolean;
  readonly isUnwanted: boolean;
}

const UNWANTED = 'unwanted';

function readRecord(externalId: string | null): CommentRecord {
  const text = externalId ?? '';
  const id = Number.parseInt(text, 10);
  return { id: Number.isNaN(id) ? null : id, isRecreated: text.endsWith('+'), isUnwanted: text === UNWANTED };
}

function writeRecord({ id, isRecreated }: Pick<CommentRecord, 'id' | 'isRecreated'>): string | null {
  const text = `${id ?? ''}${isRecreated ? '+' : ''}`;
  return text === '' ? null : text;
}
