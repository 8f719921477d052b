import { describeBlock } from '../../budget/describe-block.ts';
import { openQuestion } from '../../task/question.ts';
import type { Task, Wait } from '../../task/task.ts';
import type { RenderOptions, ReportFacts } from '../report-facts.ts';
import { frame } from '../../text/outgoing/frame.ts';
import { plainLine } from './escape-text.ts';
import { formatGuess, formatMany, formatTime } from './format-facts.ts';
import { renderCheckpoint } from './render-checkpoint.ts';
import { renderHeld, runsOutAt } from './render-held.ts';
import { renderSavedWork } from './render-saved-work.ts';
import { renderVerdict } from './render-verdict.ts';
import { renderSteps } from './render-steps.ts';
import { renderWithheld } from './render-withheld.ts';
import type { StateView } from '../state-view.ts';

const MAX_QUESTION_CHARS = 2_000;

/** A task that waits: why, where it stands, when it is looked at again, and what would move it. */
export function renderWaiting(facts: ReportFacts, options: RenderOptions): StateView {
  const { task } = facts;
  const wait = task.wait;
  if (!wait) {
    return {
      icon: '🕓',
      headline: 'Waiting to start',
      facts: [],
      body: [renderSteps(facts)],
      next: null,
      notifies: false,
    };
  }
  const question = openQuestion(task);
  if (question?.kind === 'release') {
    return renderHeld(facts, { question, wait, render: options });
  }
  if (question?.kind === 'verdict') {
    return renderCheckpoint(facts, { question, wait, render: options });
  }
  if (isPause(task, wait)) {
    return renderPause(facts, { wait, render: options });
  }
  const block = facts.position?.block ?? null;
  const reason = wait.note ?? (block === null ? null : describeBlock(block));
  const note = reason === null ? [] : [`> ${plainLine(reason)}`];
  const isFirst = task.epoch === 0;
  return {
    icon: '🕓',
    headline: HEADLINES[wait.reason],
    facts: [...positionOf(facts), ...wakeOf(wait)],
    body: [
      ...note,
      ...(isFirst ? [renderSteps(facts)] : [`**Kept so far:** ${renderSavedWork(facts, options)}`]),
      ...renderVerdict(task.verdict),
    ],
    next: NEXT[wait.reason],
    notifies: false,
  };
}

const HEADLINES: Record<Wait['reason'], string> = {
  slot: 'Waiting for a free slot',
  budget: 'Waiting for the budget',
  approval: 'Waiting for approval',
  dependency: 'Waiting for another task',
  github: 'Waiting for GitHub to answer',
  model: 'Waiting for the model provider to answer',
  backoff: 'Waiting before the next attempt',
  human: 'Waiting for an answer',
  paused: 'Paused',
};

const NEXT: Record<Wait['reason'], string> = {
  slot: 'no action needed; it starts automatically.',
  budget:
    'no action needed; it starts when running tasks release enough of what they reserved, or when the budget resets. To start sooner, ask the operator to raise the cap, or comment `/cancel` and start again with a smaller `--budget`. `/budget` shows all limits.',
  approval: 'someone with write access can comment `/approve`.',
  dependency: 'no action needed; it starts when the other task has ended.',
  github: 'no action needed; Bosun retries automatically for 24 hours.',
  model: 'no action needed; Bosun retries automatically.',
  backoff: 'no action needed; Bosun retries automatically.',
  human: 'answer in a comment, then comment `/resume`.',
  paused: 'comment `/resume` to continue, or `/cancel` to end the task.',
};

/** Paused tasks wait for a person; a full scope that other tasks share (`blockedOn`) is a wait like any other. */
function isPause(task: Task, wait: Wait): boolean {
  if (wait.reason === 'human' || wait.reason === 'paused') {
    return true;
  }
  return wait.reason === 'budget' && wait.blockedOn === null && task.epoch > 0;
}

function renderPause(facts: ReportFacts, about: { wait: Wait; render: RenderOptions }): StateView {
  const { task } = facts;
  const { wait, render } = about;
  const questions = wait.reason === 'human' ? (task.outcome?.questions ?? []) : [];
  const note = wait.note && questions.length === 0 ? [`> ${plainLine(wait.note)}`] : [];
  const until = `the task is kept until ${formatTime(runsOutAt(openQuestion(task) ?? {}, wait))}`;
  const common = {
    facts: [],
    body: [
      ...note,
      ...(questions.length > 0 ? [renderQuestions(questions, render)] : []),
      `**Kept so far:** ${renderSavedWork(facts, render)}`,
      renderWithheld(task.outcome?.withheld ?? []),
    ].filter((block) => block !== ''),
    notifies: true,
  };
  if (wait.reason === 'budget') {
    return {
      ...common,
      icon: '⏸️',
      headline: 'Paused: the budget of this task is used up',
      next: `comment \`/budget +5\` to add 5 USD and continue from the saved work; ${until}.`,
    };
  }
  if (wait.reason === 'human') {
    const asked =
      questions.length > 0 ? `Bosun has ${formatMany(questions.length, 'question')}` : 'Waiting for an answer';
    return {
      ...common,
      icon: '💬',
      headline: asked,
      next: `${questions.length > 0 ? QUESTION_NEXT : RESUME_NEXT}; ${until}.`,
    };
  }
  return {
    ...common,
    icon: '⏸️',
    headline: 'Paused',
    next: `comment \`/resume\` to continue from the saved work, or \`/cancel\` to end the task; ${until}.`,
  };
}

const QUESTION_NEXT = 'answer in a comment and the task continues; `/resume` continues without an answer';
const RESUME_NEXT = 'comment `/resume` to continue';

function renderQuestions(questions: readonly string[], { clean }: RenderOptions): string {
  return questions
    .slice(0, 3)
    .map((question, index) => {
      const text = clean(question, { maxLength: MAX_QUESTION_CHARS, frame: 'item' });
      return frame(text.trim(), 'item', index + 1);
    })
    .join('\n');
}

function positionOf({ task, position }: ReportFacts): string[] {
  if (task.wait?.reason !== 'slot' || !position) {
    return [];
  }
  const place = `position **${position.position}** of ${position.waiting}`;
  const running = position.running > 0 ? [`${position.running} running`] : [];
  const guess = position.etaMs === null ? [] : [`starts in ${formatGuess(position.etaMs)}`];
  return [place, ...running, ...guess];
}

function wakeOf({ blockedOn, reason, wakeAt }: Wait): string[] {
  if (reason === 'slot') {
    return [];
  }
  return [`${reason === 'budget' && blockedOn !== null ? 'resets' : 'next check'} ${formatTime(wakeAt)}`];
}
