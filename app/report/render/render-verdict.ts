import type { CheckLine, TaskVerdict, Weakening, WorkVerdict } from '../../task/checks/verdict.ts';
import { codeSpan, login, plainLine } from './escape-text.ts';
import { formatCount, formatMany } from './format-facts.ts';

const MOST_ROWS = 30;

/** What was checked and what came of it; empty where nothing was. */
export function renderVerdict(stored: TaskVerdict | null): string[] {
  if (stored === null) {
    return [];
  }
  const { verdict } = stored;
  return [
    renderHead(stored),
    renderChecks(verdict.checks),
    renderAnnotations(stored.annotations),
    renderWeakened(verdict.weakened),
    renderCriteria(verdict),
  ].filter((block) => block !== '');
}

const WORDS: Readonly<Record<WorkVerdict['kind'], string>> = {
  PASSED: 'passed',
  GAPS_FOUND: 'gaps found',
  HUMAN_NEEDED: 'a person is needed',
};

function renderHead({ accepted, commit, verdict }: TaskVerdict): string {
  const { fixes, reasons } = verdict;
  const at = commit === null ? '' : ` of ${codeSpan(commit.slice(0, 12))}`;
  const used = fixes.used === 0 ? '' : ` after ${fixes.used} fix${fixes.used === 1 ? '' : 'es'}`;
  const by = accepted === undefined ? '' : ` Accepted as it is by ${login(accepted.by.login)}.`;
  const why = reasons.slice(0, MOST_ROWS).map(({ message }) => `- ${plainLine(message)}`);
  return [`**Verdict**${at}: ${codeSpan(verdict.kind)}, ${WORDS[verdict.kind]}${used}.${by}`, ...why].join('\n');
}

const READINGS: Readonly<Record<CheckLine['reading'], string>> = {
  good: 'good',
  fixed: 'fixed by this change',
  broken_before: 'was broken before',
  regression: 'regression',
  failing: 'fails',
  inconclusive: 'says nothing',
};
const EFFECTS: Readonly<Record<CheckLine['effect'], string>> = {
  pass: '',
  block: ', blocks',
  person: ', needs a person',
};
const RUNS = { pass: 'pass', fail: 'fail', inconclusive: 'no result' } as const;

/** Base → head, what that means and how long it took. */
function renderChecks(checks: readonly CheckLine[]): string {
  if (checks.length === 0) {
    return '';
  }
  const rows = checks.slice(0, MOST_ROWS).map(({ base, durationMs, effect, gate, head, isFlaky, name, reading }) => {
    const runs = `${base === null ? 'not run' : RUNS[base]} → ${RUNS[head]}`;
    const says = `${READINGS[reading]}${isFlaky ? ', flaky' : ''}${EFFECTS[effect]}`;
    return `| ${codeSpan(name, 60).replaceAll('|', '/')} | ${gate} | ${runs} | ${says} | ${(durationMs / 1_000).toFixed(1)} s |`;
  });
  const rest = checks.length - rows.length;
  return [
    '| Check | Gate | Base → change | Reading | Took |',
    '|---|---|---|---|--:|',
    ...rows,
    ...(rest > 0 ? [`| and ${rest} more | | | | |`] : []),
  ].join('\n');
}

/** The findings themselves stand on the lines of the change. */
function renderAnnotations(annotations: TaskVerdict['annotations']): string {
  if (annotations === undefined) {
    return '';
  }
  const { more, problems, shown } = annotations;
  const rest = more === 0 ? '' : `, and ${formatCount(more)} more that are not shown on lines`;
  const found = `**Reports:** ${formatMany(shown.length, 'new finding')}${rest}.`;
  return [found, ...problems.map((problem) => `- ${plainLine(problem)}`)].join('\n');
}

function renderWeakened(weakened: readonly Weakening[]): string {
  if (weakened.length === 0) {
    return '';
  }
  const items = weakened.map(({ kind, message, path }) => {
    const where = path === '' ? '' : `${codeSpan(path)}: `;
    return `- ${where}${plainLine(message, 600)} (${codeSpan(kind)})`;
  });
  return `**The change touches what decides** whether it is good:\n\n${items.join('\n')}`;
}

const ANSWERS = { met: 'met', not_met: 'not met', cannot_tell: 'cannot tell' } as const;

/** Each criterion with what the judge found and where. */
function renderCriteria({ criteria, judge }: WorkVerdict): string {
  if (judge.kind !== 'answered' || criteria.length === 0) {
    return '';
  }
  const rows = criteria.slice(0, MOST_ROWS).map(({ id, text }) => {
    const given = judge.answers.find((answer) => answer.id === id);
    const where = given?.evidence ? codeSpan(`${given.evidence.path}:${given.evidence.line}`).replaceAll('|', '/') : '';
    return `| ${id} | ${plainLine(text, 160)} | ${ANSWERS[given?.answer ?? 'cannot_tell']} | ${where} |`;
  });
  return ['| | Criterion | Judged | Where |', '|---|---|---|---|', ...rows].join('\n');
}
