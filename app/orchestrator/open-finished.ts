import { releasedQuestion } from '../task/question.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { fenceOf } from '../task/fence.ts';
import type { OrchestratorContext } from './context.ts';
import { finish } from './step-running.ts';

/** Work of the task that this one retries: finished and pushed, and only its pull request is missing. */
export interface FinishedWork {
  readonly previous: Task;
  readonly attempt: Attempt;
}

/**
 * Finds such work when the retry asks for nothing new: then a worker would be paid to change nothing. The task must
 * already continue on the branch.
 */
export async function findFinishedWork(
  task: Task,
  { stores }: Pick<OrchestratorContext, 'stores'>,
): Promise<FinishedWork | null> {
  const { headSha, pullNumber } = task.publication;
  const previous = task.retryOf === null ? null : await stores.tasks.find(task.retryOf);
  const isSameWork =
    previous !== null &&
    headSha !== null &&
    previous.publication.headSha === headSha &&
    previous.text.sha256 === task.text.sha256;
  if (!isSameWork || pullNumber !== null) {
    return null;
  }
  const attempt = await stores.attempts.find({ taskId: previous.id, epoch: previous.epoch });
  return attempt?.result?.ending === 'done' ? { previous, attempt } : null;
}

/** Takes a task whose held work a person released through RUNNING without a worker; FINALIZING publishes that work. */
export async function openReleased(task: Task, context: OrchestratorContext): Promise<Task | null> {
  const note = `Publishes the work of attempt ${releasedQuestion(task)?.epoch ?? task.epoch}, which was released.`;
  const running = await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'RUNNING',
    now: context.clock.now(),
    event: { kind: 'task.note', data: { note } },
  });
  return running.moved ? finish(running.task, context, { kind: 'finished' }) : null;
}

/** Ends a task whose published work a person took as it is: there is nothing left to do outside. */
export async function endAccepted(task: Task, context: OrchestratorContext): Promise<null> {
  const kind = 'published' as const;
  await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'COMPLETED',
    now: context.clock.now(),
    patch: { question: null, lostAttempts: 0, ...(task.outcome && { outcome: { ...task.outcome, kind } }) },
    event: { kind: 'task.ended', data: { outcome: kind } },
  });
  return null;
}

/** Takes the task through RUNNING without a worker, with the earlier result, so that publishing opens the pull request. */
export async function openFinished(
  task: Task,
  context: OrchestratorContext,
  { attempt, previous }: FinishedWork,
): Promise<Task | null> {
  const { baseBranch, baseSha } = previous;
  const now = context.clock.now();
  const running = await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'RUNNING',
    now,
    patch: { ...(baseBranch !== null && { baseBranch }), ...(baseSha !== null && { baseSha }) },
    event: { kind: 'task.note', data: { note: `The work of task ${previous.id} only lacks its pull request.` } },
  });
  if (!running.moved || attempt.result === null) {
    return null;
  }
  await context.stores.attempts.finish({ taskId: task.id, epoch: task.epoch, now, result: attempt.result });
  return finish(running.task, context, { kind: 'finished' });
}
