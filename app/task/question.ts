import type { TaskState, WaitReason } from '../../protocol/index.ts';
import type { PersonCause } from './checks/verdict.ts';
import type { Withheld } from './outcome.ts';

/**
 * What a task asks a person before it continues: a checkpoint. It stands on the row of the task, so that asking and
 * waiting, and answering and continuing, are one write each, and it holds no slot, no worker and no money. A task asks one
 * question at a time.
 */
export type Question = ReleaseQuestion | VerdictQuestion | AgentQuestion;

interface Asked {
  /** What the answer is about, here a commit or an attempt. An answer that names another one counts for nothing. */
  readonly subject: string;
  /** The attempt that it came from. */
  readonly epoch: number;
  readonly options: readonly QuestionOption[];
  /** `write`: people with write access to the repository, and the operator. */
  readonly mayAnswer: 'write';
  /** ISO 8601. */
  readonly askedAt: string;
  /** When the task ends, neither approved nor refused (ISO 8601). Absent in questions of before version 0.4. */
  readonly until?: string;
  /** How often it was asked again. */
  readonly reminders?: number;
  readonly answer: QuestionAnswer | null;
}

/** May the held work be published? */
export interface ReleaseQuestion extends Asked {
  readonly kind: 'release';
  /** Why it is asked. */
  readonly findings: readonly Withheld[];
  /** The start of what was held, as a patch; untrusted text. */
  readonly excerpt: string;
}

/** Nobody but a person can say whether the published work is good; why stands in the verdict of the task. */
export interface VerdictQuestion extends Asked {
  readonly kind: 'verdict';
  readonly cause: PersonCause;
}

/** The agent asked; its questions stand in the outcome of the task. */
export interface AgentQuestion extends Asked {
  readonly kind: 'agent';
}

/** `answer` is a plain comment, `retry` and `cancel` the commands of these names. */
export type QuestionOption = 'release' | 'accept' | 'answer' | 'retry' | 'cancel';

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

/** The question of a task whose work a person took as it is and that has not ended yet. */
export function acceptedQuestion(task: Asking): Question | null {
  return task.question?.answer?.option === 'accept' ? task.question : null;
}

/** The question that is open. */
export function openQuestion(task: Asking & QuestionState): Question | null {
  const isAsked = task.state === 'SUBMITTED' && (task.wait?.reason === 'approval' || task.wait?.reason === 'human');
  return isAsked && task.question?.answer === null ? task.question : null;
}

const DAY_MS = 86_400_000;
/** Counted from when it was asked. */
const ASKED_AGAIN_MS = [DAY_MS, 3 * DAY_MS];

/** When it is asked the next time, or when it runs out. */
export function nextAsk({ askedAt, until }: { askedAt: string; until: string }, now: Date): Date {
  const asked = new Date(askedAt).getTime();
  const end = new Date(until).getTime();
  const next = ASKED_AGAIN_MS.map((ms) => asked + ms).find((at) => at > now.getTime() && at < end);
  return new Date(next ?? end);
}
