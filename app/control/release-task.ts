import { openQuestion, type Question } from '../task/question.ts';
import type { TaskStore } from '../store/stores.ts';
import type { Actor, Task } from '../task/task.ts';

export type ReleaseResult =
  /** It is published as soon as there is a slot for that. */
  | { readonly code: 'released'; readonly task: Task }
  | { readonly code: 'already_released' | 'already_ended' | 'nothing_held'; readonly task: Task }
  /** What is held is another commit than the one that was named, or it was asked about only after this was said. */
  | { readonly code: 'another_commit'; readonly task: Task; readonly commit: string };

export interface Release {
  readonly task: Task;
  readonly by: Actor;
  readonly now: Date;
  /** The start of the commit id that the person names; null where they name none. */
  readonly commit: string | null;
  /** When they said it; what is asked later cannot be meant. */
  readonly saidAt: Date;
}

/** Fewer characters could be another commit. */
const SHORTEST_COMMIT = 7;

/** Publishes held work, exactly the commit that the task asks about. The same request again changes nothing. */
export async function releaseTask(
  request: Release,
  { tasks }: { readonly tasks: Pick<TaskStore, 'find' | 'resume'> },
): Promise<ReleaseResult> {
  const { by, now } = request;
  const task = (await tasks.find(request.task.id)) ?? request.task;
  const question = openQuestion(task);
  if (question?.kind !== 'release') {
    return { code: codeOf(task), task };
  }
  if (!isMeant(question, request)) {
    return { code: 'another_commit', task, commit: question.subject };
  }
  const answer = { subject: question.subject, option: 'release' as const, by, at: now.toISOString() };
  const event = { kind: 'task.released' as const, data: { by: by.login, commit: question.subject } };
  const released = await tasks.resume({ taskId: task.id, now, event, answer });
  if (released !== null) {
    return { code: 'released', task: released };
  }
  const current = (await tasks.find(task.id)) ?? task;
  return { code: codeOf(current), task: current };
}

/** Whether an answer is about this question: it names its commit, or none, and was given after it was asked. */
export function isMeant(question: Question, { commit, saidAt }: Pick<Release, 'commit' | 'saidAt'>): boolean {
  return commit === null
    ? saidAt.getTime() >= Math.floor(new Date(question.askedAt).getTime() / 1_000) * 1_000
    : commit.length >= SHORTEST_COMMIT && question.subject.startsWith(commit.toLowerCase());
}

function codeOf(task: Task): 'already_released' | 'already_ended' | 'nothing_held' {
  if (task.question?.answer?.option === 'release') {
    return 'already_released';
  }
  return task.finishedAt === null ? 'nothing_held' : 'already_ended';
}
