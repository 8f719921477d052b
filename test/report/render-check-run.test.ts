import { describe, expect, test } from 'vitest';
import { failure } from '../../app/task/failure.ts';
import { renderComment } from '../../app/report/render-comment.ts';
import { renderCheckRun, renderReplacedCheckRun } from '../../app/report/render-check-run.ts';
import type { ReportFacts } from '../../app/report/report-facts.ts';
import { OPTIONS, PUBLISHED, makeEnded, makeLive, makeOutcome, makeWait } from './make-facts.ts';

const published = { publication: PUBLISHED };

const ROWS: [string, ReportFacts, string, string | undefined, string[]][] = [
  ['published and verified', makeEnded({ ...published, outcome: makeOutcome() }), 'completed', 'success', ['retry']],
  [
    'published but the verify command failed',
    makeEnded({ ...published, outcome: makeOutcome({ verified: 'failed' }) }),
    'completed',
    'failure',
    ['retry'],
  ],
  [
    'partial',
    makeEnded({ ...published, outcome: makeOutcome({ kind: 'partial' }) }),
    'completed',
    'neutral',
    ['retry'],
  ],
  [
    'failed',
    makeEnded({ ...published, state: 'FAILED', failure: failure('AGENT_ERROR') }),
    'completed',
    'failure',
    ['retry', 'budget'],
  ],
  [
    'timed out',
    makeEnded({ ...published, state: 'TIMED_OUT', failure: failure('TASK_TIMEOUT') }),
    'completed',
    'timed_out',
    ['retry', 'budget'],
  ],
  ['cancelled', makeEnded({ ...published, state: 'CANCELLED' }), 'completed', 'cancelled', ['retry']],
  [
    'paused for money',
    makeLive({ ...published, state: 'SUBMITTED', wait: makeWait({ reason: 'budget' }) }),
    'completed',
    'action_required',
    ['retry', 'cancel', 'budget'],
  ],
  [
    'waiting for GitHub',
    makeLive({ ...published, state: 'SUBMITTED', wait: makeWait({ reason: 'github' }) }),
    'in_progress',
    undefined,
    ['retry', 'cancel', 'budget'],
  ],
  ['running again', makeLive(published), 'in_progress', undefined, ['retry', 'cancel', 'budget']],
];

describe('the check run', () => {
  test.each(ROWS)('of a task that is %s', (_what, facts, status, conclusion, buttons) => {
    const check = renderCheckRun(facts, OPTIONS);
    expect(check.status).toBe(status);
    expect(check.conclusion).toBe(conclusion);
    expect(check.actions?.map(({ identifier }) => identifier)).toEqual(buttons);
    expect(check.title).toMatch(/\$\d+\.\d\d of \$5\.00$/);
    expect(check.summary).toContain('| `claude-sonnet-5` | 14 | 41,820 | 6,310 | 18,400 | 212,000 | $0.42 |');
  });

  test('keeps the lengths GitHub allows for buttons', () => {
    const buttons = ROWS.flatMap(([, facts]) => renderCheckRun(facts, OPTIONS).actions ?? []);
    expect(
      buttons.filter(
        ({ label, description, identifier }) => label.length > 20 || description.length > 40 || identifier.length > 20,
      ),
    ).toEqual([]);
    expect(renderReplacedCheckRun('abc', null).actions).toEqual([]);
  });

  test('shows everything at a glance', async () => {
    const check = renderCheckRun(makeEnded({ ...published, outcome: makeOutcome() }), OPTIONS);
    await expect(`# ${check.title}\n\n${check.summary}\n`).toMatchFileSnapshot('../fixture/report/check-run.md');
  });

  test('of any length is accepted', () => {
    const long = 'w'.repeat(200_000);
    const check = renderCheckRun(makeEnded({ ...published, outcome: makeOutcome({ summary: long }) }), OPTIONS);
    expect(check.summary.length).toBeLessThan(65_535);
    expect(check.title.length).toBeLessThan(256);
  });
});

test('an amount that may still grow is shown alike in the comment and the check run', () => {
  const facts = makeEnded({ ...published, spentNano: 30_000_000, unsettledNano: 530_000_000 }, { totals: [] });
  const { summary, title } = renderCheckRun(facts, OPTIONS);
  expect(title).toMatch(/ · \$0\.03 of \$5\.00 \(up to \$0\.53 unsettled\)$/);
  expect(summary).toContain('**$0.03** of $5.00 (up to $0.53 unsettled) · $4.44 left');
  expect(renderComment(facts, { ...OPTIONS, marker: '' })).toContain('**$0.03** of $5.00 (up to $0.53 unsettled)');
});
