import type { Lesson, LessonDraft } from '../task/lessons/lesson.ts';

/** What was learnt about repositories. */
export interface LessonStore {
  /** Those of a repository that are not retired, by number; at most 500. */
  list(repositoryId: number): Promise<readonly Lesson[]>;
  /** A new one under the next number of its repository; once for each source. */
  add(
    request: { repositoryId: number; draft: LessonDraft; now: Date } & Pick<Lesson, 'source' | 'status'>,
  ): Promise<Lesson>;
  /** Other words for a lesson that nobody kept yet, which then lives on from now. False for a kept or retired one. */
  rewrite(request: { repositoryId: number; number: number; draft: LessonDraft; now: Date }): Promise<boolean>;
  /** A person keeps or drops one. Null when there is none of that number. */
  decide(request: {
    repositoryId: number;
    number: number;
    keep: boolean;
    by: string;
    now: Date;
  }): Promise<Lesson | null>;
  /** Records which lessons the agent of an attempt reads. */
  use(request: { taskId: string; repositoryId: number; numbers: readonly number[] }): Promise<void>;
  /** Credits the lessons that a task used, once for each task, and retires those that did more harm than good. */
  credit(request: { taskId: string; helped: boolean; now: Date }): Promise<void>;
}
