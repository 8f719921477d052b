import { acceptedQuestion, openQuestion } from '../task/question.ts';
import type { TaskStore } from '../store/stores.ts';
import type { Task } from '../task/task.ts';
import { isMeant, releaseTask, type Release, type ReleaseResult } from './release-task.ts';

export type AcceptResult =
  /** It ends as it is as soon as there is a slot for that. */
  | { readonly code: 'accepted'; readonly task: Task }
  | { readonly code: 'already_accepted'; readonly task: Task }
  | { readonly code: 'nothing_to_accept'; readonly task: Task }
  | { readonly code: 'agent_asks'; readonly task: Task }
  | ReleaseResult;

/**
 * Takes work as it is although it did not pass, by the name of whoever says so. On held work it is the same as a release.
 * One of two answers at once wins; the same request again changes nothing.
 */
export async function acceptTask(
  request: Release,
  { tasks }: { readonly tasks: Pick<TaskStore, 'find' | 'resume'> },
): Promise<AcceptResult> {
  const { by, now } = request;
  const task = (await tasks.find(request.task.id)) ?? request.task;
  const question = openQuestion(task);
  if (question?.kind === 'release') {
    return releaseTask(request, { tasks });
  }
  if (question?.kind === 'agent') {
    return { code: 'agent_asks', task };
  }
  if (question === null) {
    return { code: codeOf(task), task };
  }
  if (!isMeant(question, request)) {
    return { code: 'another_commit', task, commit: question.subject };
  }
  const answer = { subject: question.subject, option: 'accept' as const, by, at: now.toISOString() };
  const event = { kind: 'task.accepted' as const, data: { by: by.login, commit: question.subject } };
  const accepted = await tasks.resume({ taskId: task.id, now, event, answer });
  if (accepted !== null) {
    return { code: 'accepted', task: accepted };
  }
  const current = (await tasks.find(task.id)) ?? task;
  return { code: codeOf(current), task: current };
}

function codeOf(task: Task): 'already_accepted' | 'already_ended' | 'nothing_to_accept' {
  if (acceptedQuestion(task) !== null || task.verdict?.accepted !== undefined) {
    return 'already_accepted';
  }
  return task.finishedAt === null ? 'nothing_to_accept' : 'already_ended';
}
