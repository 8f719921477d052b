import type { Question, ReleaseQuestion } from '../../task/question.ts';
import type { Wait } from '../../task/task.ts';
import type { RenderOptions, ReportFacts } from '../report-facts.ts';
import type { StateView } from '../state-view.ts';
import { codeSpan, fence, plainLine } from './escape-text.ts';
import { formatMany, formatTime } from './format-facts.ts';
import { renderSavedWork } from './render-saved-work.ts';
import { renderFindings } from './render-withheld.ts';

const MOST_EXCERPT = 12_000;

/** Work that waits for a person to look at it: what is held and why, and who may release it and how. */
export function renderHeld(
  facts: ReportFacts,
  about: { question: ReleaseQuestion; wait: Wait; render: RenderOptions },
): StateView {
  const { question, render, wait } = about;
  const { outcome } = facts.task;
  const commit = question.subject.slice(0, 12);
  const size = outcome === null ? '' : `, ${formatMany(outcome.filesChanged, 'file')} changed`;
  return {
    icon: '✋',
    headline: 'Held: a person has to look at the change',
    facts: [],
    body: [
      ...(wait.note === null ? [] : [`> ${plainLine(wait.note)}`]),
      `**Held** is the commit ${codeSpan(commit)}${size}, because of ${formatMany(question.findings.length, 'finding')}:\n\n${renderFindings(question.findings)}`,
      `**Kept so far:** ${renderSavedWork(facts, render)}`,
    ],
    folds: [renderExcerpt(question.excerpt)],
    next: `look at the change. Someone with write access, no bot, comments \`/release ${commit}\` to publish exactly this commit, \`/retry\` with what should be different to have the agent go on, or \`/cancel\` to end it without publishing; it is kept until ${formatTime(runsOutAt(question, wait))}.`,
    notifies: true,
  };
}

/** When a task that waits for an answer ends without one. */
export function runsOutAt(question: Pick<Partial<Question>, 'until'>, wait: Wait): Date {
  return question.until === undefined ? wait.wakeAt : new Date(question.until);
}

function renderExcerpt(excerpt: string): string {
  if (excerpt.trim() === '') {
    return '';
  }
  const summary = excerpt.length < MOST_EXCERPT ? 'The change' : 'The start of the change; all of it is on the server';
  return `<details><summary>${summary}</summary>\n\n${fence(excerpt, MOST_EXCERPT)}\n\n</details>`;
}
