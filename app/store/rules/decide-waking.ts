import type { TaskVerdict } from '../../task/checks/verdict.ts';
import { nextAsk, openQuestion, type Question } from '../../task/question.ts';
import type { Task } from '../../task/task.ts';
import type { ResumeRequest } from '../stores.ts';
import { endUnanswered } from './end-task.ts';
import { isEligible, isPaused, readyWait, type TaskChange } from './task-facts.ts';

/**
 * A waiting task continues at a person's request; null when it waits for nothing that a person can end. Waiting for a
 * slot goes on its own, and what it depends on has to end first.
 */
export function decideResume(
  task: Task,
  request: Pick<ResumeRequest, 'now' | 'event' | 'text' | 'answer'>,
): TaskChange | null {
  if (task.state !== 'SUBMITTED' || task.wait === null) {
    return null;
  }
  if (task.wait.reason === 'slot' || task.wait.reason === 'dependency') {
    return null;
  }
  const { answer } = request;
  const question = answer === undefined ? keptQuestion(task) : answerTo(task, answer);
  if (answer !== undefined && question === null) {
    return null;
  }
  return {
    // A person who resumes it starts every patience again.
    next: {
      ...task,
      wait: readyWait(request.now),
      text: request.text ?? task.text,
      question,
      verdict: answeredVerdict(task, question),
      outages: {},
    },
    events: [{ ...request.event, state: 'SUBMITTED' }],
  };
}

/** The question with its answer; null when that one is not open. */
function answerTo(task: Task, given: NonNullable<ResumeRequest['answer']>): Question | null {
  const { subject, ...answer } = given;
  const open = openQuestion(task);
  return open?.subject === subject && open.options.includes(answer.option) ? { ...open, answer } : null;
}

/**
 * What a person who answered a checkpoint makes of the verdict: it is accepted by name, or the agent goes on and has all
 * its fixes again.
 */
function answeredVerdict({ question, verdict }: Task, answered: Question | null): TaskVerdict | null {
  if (verdict === null || question?.kind !== 'verdict') {
    return verdict;
  }
  if (answered?.answer?.option === 'accept') {
    const { at, by } = answered.answer;
    return { ...verdict, accepted: { by, at } };
  }
  return { ...verdict, fixes: 0, seen: [] };
}

/** Going on without an answer drops the question; an answer that waits to be carried out stays. */
function keptQuestion({ question }: Task): Question | null {
  return question?.answer === null ? null : question;
}

/**
 * What becomes of a wait whose time has come: back to the queue, or the end for a task that nobody resumed. A task
 * that only looks again at a limit writes no event, and keeps its note until the limit is asked again. Null when not due.
 */
export function decideDue(task: Task, now: Date): TaskChange | null {
  if (task.state !== 'SUBMITTED' || task.wait === null || task.wait.wakeAt > now || isEligible(task)) {
    return null;
  }
  if (isPaused(task)) {
    return askAgain(task, now) ?? endUnanswered(task, now);
  }
  if (task.wait.blockedOn !== null) {
    return { next: { ...task, wait: wokenWait(task.wait, now) }, events: [] };
  }
  const data = { reason: task.wait.reason };
  return {
    next: { ...task, wait: readyWait(now) },
    events: [{ kind: 'task.resumed', state: 'SUBMITTED', data }],
  };
}

/** A checkpoint that has not run out is shown anew; null where there is none. */
function askAgain(task: Task, now: Date): TaskChange | null {
  const question = openQuestion(task);
  const until = question?.until;
  if (question === null || task.wait === null || until === undefined || new Date(until) <= now) {
    return null;
  }
  const reminders = (question.reminders ?? 0) + 1;
  const wait = { ...task.wait, wakeAt: nextAsk({ ...question, until }, now) };
  return {
    next: { ...task, question: { ...question, reminders }, wait },
    events: [{ kind: 'task.asked_again', state: 'SUBMITTED', data: { times: reminders } }],
  };
}

/** The wait of a task whose limit was freed: in the queue again, with the note it had. */
export function wokenWait(wait: NonNullable<Task['wait']>, now: Date): NonNullable<Task['wait']> {
  return { reason: 'slot', wakeAt: now, note: wait.note, blockedOn: null };
}
