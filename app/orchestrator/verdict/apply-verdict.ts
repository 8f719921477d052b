import type { TaskVerdict } from '../../task/checks/verdict.ts';
import { describeOutcome } from '../../task/conclude.ts';
import type { KeptWork, OutcomeFacts, PublishFacts, Verdict } from '../../task/outcome.ts';
import { nextAsk, releasedQuestion, type Question } from '../../task/question.ts';
import type { Task, Wait } from '../../task/task.ts';

/** Published work that only a person can call good waits for one, however the attempt itself ended well. */
export function askPerson(concluded: Verdict, verdict: TaskVerdict | null, publish: PublishFacts): Verdict {
  const decided = verdict?.verdict;
  const isDone = concluded.to === 'COMPLETED' && concluded.outcome.kind === 'published' && publish.kind === 'pushed';
  if (decided?.kind !== 'HUMAN_NEEDED' || !isDone) {
    return concluded;
  }
  return {
    to: 'SUBMITTED',
    reason: 'human',
    outcome: concluded.outcome,
    note: decided.reasons[0]?.message ?? 'A person has to look at the work.',
    checkpoint: { subject: publish.headSha, cause: decided.cause },
  };
}

/** The agent goes on with what was found, its work kept at the door; without money for that the task waits for some. */
export function sendBack(
  task: Pick<Task, 'budgetNano' | 'spentNano' | 'unsettledNano'>,
  verdict: TaskVerdict,
  about: { facts: Omit<OutcomeFacts, 'publish' | 'github'>; kept: KeptWork | null },
): Verdict {
  const publish = { kind: 'nothing', why: 'not_published', kept: about.kept } as const;
  const outcome = describeOutcome({ ...about.facts, publish, github: null }, 'failed');
  const { allowed } = verdict.verdict.fixes;
  const what = verdict.verdict.reasons.map(({ message }) => message).join(' ');
  if (task.budgetNano - task.spentNano - task.unsettledNano <= 0) {
    const note = `${what} The budget of the task is used up; \`/budget +5\` adds money and has the agent fix it.`;
    return { to: 'SUBMITTED', outcome, reason: 'budget', note };
  }
  return {
    to: 'SUBMITTED',
    outcome,
    reason: 'slot',
    note: `${what} The agent goes on: fix ${verdict.fixes} of ${allowed}.`,
  };
}

/** What the task asks from now on; every other verdict ends a question that was answered. */
export function questionOf(
  verdict: Verdict,
  { now, pausedForMs, task }: { now: Date; pausedForMs: number; task: Task },
): Question | null {
  if (verdict.to !== 'SUBMITTED') {
    return null;
  }
  const asked = {
    epoch: releasedQuestion(task)?.epoch ?? task.epoch,
    mayAnswer: 'write',
    askedAt: now.toISOString(),
    until: new Date(now.getTime() + pausedForMs).toISOString(),
    answer: null,
  } as const;
  if (verdict.reason === 'approval') {
    return { kind: 'release', ...verdict.ask, ...asked, options: ['release', 'retry', 'cancel'] };
  }
  if (verdict.reason === 'human' && 'checkpoint' in verdict) {
    return { kind: 'verdict', ...verdict.checkpoint, ...asked, options: ['retry', 'accept', 'cancel'] };
  }
  return verdict.reason === 'human' && verdict.outcome.kind === 'question'
    ? { kind: 'agent', subject: `attempt ${asked.epoch}`, ...asked, options: ['answer', 'retry', 'cancel'] }
    : null;
}

/** Until when the task waits, and for what. */
export function waitOf(
  verdict: Extract<Verdict, { to: 'SUBMITTED' }>,
  about: { now: Date; until: Date; question: Question | null },
): Wait {
  const { now, question, until } = about;
  const { note, reason } = verdict;
  if (reason === 'slot') {
    return { reason, wakeAt: now, note, blockedOn: null };
  }
  const wakeAt =
    question?.until === undefined ? until : nextAsk({ askedAt: question.askedAt, until: question.until }, now);
  return { reason, wakeAt, note, blockedOn: null };
}
