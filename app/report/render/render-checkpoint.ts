import type { PersonCause } from '../../task/checks/verdict.ts';
import type { QuestionOption, VerdictQuestion } from '../../task/question.ts';
import type { Wait } from '../../task/task.ts';
import type { RenderOptions, ReportFacts } from '../report-facts.ts';
import type { StateView } from '../state-view.ts';
import { plainLine } from './escape-text.ts';
import { formatDollars, formatMany, formatTime } from './format-facts.ts';
import { spentOf } from './render-cost.ts';
import { runsOutAt } from './render-held.ts';
import { renderSavedWork } from './render-saved-work.ts';
import { renderVerdict } from './render-verdict.ts';

const CAUSES: Readonly<Record<PersonCause, string>> = {
  CHECKS_WEAKENED: 'the change touches what its checks depend on',
  CHECK_INCONCLUSIVE: 'a check gave no result',
  JUDGE_UNAVAILABLE: 'the criteria could not be judged',
  CRITERION_UNCLEAR: 'a criterion could not be judged',
  FIXES_USED_UP: 'the agent could not fix what was found',
  SAME_FAILURE: 'a fix changed nothing',
};

/** Published work of which only a person can say whether it is good: why, and what each answer does and costs. */
export function renderCheckpoint(
  facts: ReportFacts,
  about: { question: VerdictQuestion; wait: Wait; render: RenderOptions },
): StateView {
  const { question, render, wait } = about;
  return {
    icon: '🙋',
    headline: `A person is needed: ${CAUSES[question.cause]}`,
    facts: [],
    body: [
      ...(wait.note === null ? [] : [`> ${plainLine(wait.note)}`]),
      ...renderVerdict(facts.task.verdict),
      `**Kept so far:** ${renderSavedWork(facts, render)}`,
      renderOptions(facts, question),
    ],
    next: `look at the change and comment one of these; ${describeAsking(question, wait)}.`,
    notifies: true,
  };
}

/** How long a question stands, and how often it was asked. */
export function describeAsking(question: Pick<VerdictQuestion, 'reminders' | 'until'>, wait: Wait): string {
  const { reminders = 0 } = question;
  const again = reminders === 0 ? '' : ` (asked again ${reminders === 1 ? 'once' : formatMany(reminders, 'time')})`;
  return `without an answer the task ends on ${formatTime(runsOutAt(question, wait))}, its work kept, neither accepted nor refused${again}`;
}

function renderOptions(facts: ReportFacts, { options, subject }: VerdictQuestion): string {
  const left = Math.max(0, facts.task.budgetNano - spentOf(facts) - facts.task.unsettledNano);
  const rows: Readonly<Partial<Record<QuestionOption, readonly [string, string, string]>>> = {
    retry: [
      '/retry what should be different',
      'the agent goes on with what was found and your note',
      `at most ${formatDollars(left)}`,
    ],
    accept: [`/accept ${subject.slice(0, 12)}`, 'the work is taken as it is; your name is recorded', 'nothing'],
    cancel: ['/cancel', 'the task ends; what was published stays', 'nothing'],
  };
  return [
    '| Answer | What it does | Costs |',
    '|---|---|---|',
    ...options.flatMap((option) => {
      const row = rows[option];
      return row === undefined ? [] : [`| \`${row[0]}\` | ${row[1]} | ${row[2]} |`];
    }),
    '',
    'Anybody with write access may answer; no bot.',
  ].join('\n');
}
