import type { TaskState, WaitReason } from '../../protocol/index.ts';
import type { Withheld } from './outcome.ts';

/**
 * What a task asks a person before it continues. It stands on the row of the task, so that asking and waiting, and
 * answering and continuing, are one write each. A task asks one question at a time.
 */
export interface Question {
  /** `release`: may the held work be published? */
  readonly kind: 'release';
  /** What the answer is about, here the commit that would be published. An answer that names another one counts for nothing. */
  readonly subject: string;
  /** The attempt that it came from. */
  readonly epoch: number;
  /** Why it is asked. */
  readonly findings: readonly Withheld[];
  /** The start of what was held, as a patch; untrusted text. */
  readonly excerpt: string;
  readonly options: readonly QuestionOption[];
  /** `write`: people with write access to the repository, and the operator. */
  readonly mayAnswer: 'write';
  /** ISO 8601. */
  readonly askedAt: string;
  readonly answer: QuestionAnswer | null;
}

export type QuestionOption = 'release';

export interface QuestionAnswer {
  readonly option: QuestionOption;
  readonly by: { readonly id: number; readonly login: string };
  /** ISO 8601. */
  readonly at: string;
}

/**
 * When work is pushed without a person's release: `trusted` when everything the agent read was written by people with
 * write access, `always`, or `released`, never. Where a task has none it is `trusted`.
 */
export type PushRule = 'trusted' | 'always' | 'released';

interface Asking {
  readonly question: Question | null;
}

interface QuestionState {
  readonly state: TaskState;
  readonly wait: { readonly reason: WaitReason } | null;
}

/** The question of a task whose held work a person released and that is not published yet. */
export function releasedQuestion(task: Asking): Question | null {
  return task.question?.answer?.option === 'release' ? task.question : null;
}

/** The question that is open. */
export function openQuestion(task: Asking & QuestionState): Question | null {
  const isAsked = task.state === 'SUBMITTED' && task.wait?.reason === 'approval';
  return isAsked && task.question?.answer === null ? task.question : null;
}
