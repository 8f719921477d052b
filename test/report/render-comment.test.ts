import { describe, expect, test } from 'vitest';
import { WorkerResult } from '../../protocol/index.ts';
import { failure } from '../../app/task/failure.ts';
import { renderComment } from '../../app/report/render-comment.ts';
import type { ReportFacts } from '../../app/report/report-facts.ts';
import {
  OPTIONS,
  PUBLISHED,
  START,
  makeAttempt,
  makeEnded,
  makeFacts,
  makeHydrated,
  makeLive,
  makeOutcome,
  makePushed,
  makeTotals,
  makeWait,
} from './make-facts.ts';

const MARKER = '<!-- bosun:01KATX7Q2M8Z4V6N9B3C5D7F1G:0123456789abcdef -->';

function render(facts: ReportFacts, options = OPTIONS): string {
  return renderComment(facts, { ...options, marker: MARKER });
}

const progress = (phase: 'clone' | 'agent' | 'verify', turn = 0, note: string | null = null) => ({ phase, turn, note });

/** What the worker reported, with the exit code of the verify command when that was run. */
const ended = (exitCode?: number | null): WorkerResult =>
  WorkerResult.parse({
    ending: 'done',
    turns: 14,
    ...(exitCode === undefined ? {} : { verify: { command: 'npm test', exitCode, durationMs: 1_000, outputTail: '' } }),
  });

const STATES: [string, ReportFacts][] = [
  [
    'waiting-slot',
    makeFacts(
      { wait: makeWait({ note: '2 of 2 tasks of octo/parser are running' }) },
      { position: { position: 2, waiting: 3, running: 2, etaMs: 11 * 60_000, block: null } },
    ),
  ],
  [
    'waiting-budget',
    makeFacts({
      wait: makeWait({
        reason: 'budget',
        blockedOn: 'budget:server-day',
        note: 'Server budget of the day: 200.00 of 200.00 USD are used or reserved',
        wakeAt: new Date('2026-11-22T00:00:00Z'),
      }),
    }),
  ],
  [
    'waiting-github',
    makeLive({ state: 'SUBMITTED', wait: makeWait({ reason: 'github', wakeAt: new Date(START.getTime() + 60_000) }) }),
  ],
  [
    'waiting-backoff',
    makeLive({
      state: 'SUBMITTED',
      epoch: 1,
      lostAttempts: 1,
      wait: makeWait({
        reason: 'backoff',
        note: 'The worker stopped answering; attempt 1 of 3 was lost',
        wakeAt: new Date(START.getTime() + 60_000),
      }),
    }),
  ],
  ['hydrating', makeLive({ state: 'HYDRATING' }, { totals: [], events: [] })],
  ['running-prepare', makeLive({}, { totals: [], attempt: makeAttempt({ progress: progress('clone') }) })],
  ['running-work', makeLive({}, { attempt: makeAttempt({ progress: progress('agent', 7, 'Reading src/parse.js') }) })],
  [
    'running-verify-warned',
    makeLive({ budgetNano: 500_000_000 }, { attempt: makeAttempt({ progress: progress('verify', 14) }) }),
  ],
  [
    'running-second-attempt',
    makeLive(
      { epoch: 2 },
      {
        attempt: makeAttempt({ epoch: 2, progress: progress('agent', 2) }),
        events: [makeHydrated({ resumed: true, dropped: 4, truncated: true, hidden: 0 })],
      },
    ),
  ],
  [
    'running-cancelling',
    makeLive(
      { stop: { kind: 'cancel', by: { id: 12, login: 'bob' }, at: START } },
      { attempt: makeAttempt({ progress: progress('agent', 7) }) },
    ),
  ],
  [
    'finalizing',
    makeLive(
      { state: 'FINALIZING' },
      {
        attempt: makeAttempt({ progress: progress('verify', 14), result: ended(0) }),
      },
    ),
  ],
  ['completed', makeEnded({ publication: PUBLISHED, outcome: makeOutcome() })],
  ['completed-verify-failed', makeEnded({ publication: PUBLISHED, outcome: makeOutcome({ verified: 'failed' }) })],
  ['partial', makeEnded({ publication: PUBLISHED, outcome: makeOutcome({ kind: 'partial', verified: 'not_run' }) })],
  [
    'no-changes',
    makeEnded({
      outcome: makeOutcome({
        kind: 'no_changes',
        commits: 0,
        filesChanged: 0,
        verified: 'not_run',
        summary: 'The input is already checked in `src/read.js`.',
      }),
    }),
  ],
  ['dry-run', makeEnded({ outcome: makeOutcome({ kind: 'dry_run' }) })],
  [
    'question',
    makeLive({
      state: 'SUBMITTED',
      wait: makeWait({ reason: 'human' }),
      outcome: makeOutcome({
        kind: 'question',
        commits: 0,
        filesChanged: 0,
        questions: ['Which node versions must work?', 'May the API change?\nIt would be simpler.'],
      }),
    }),
  ],
  [
    'paused-budget',
    makeLive({
      state: 'SUBMITTED',
      publication: PUBLISHED,
      spentNano: 4_900_000_000,
      wait: makeWait({ reason: 'budget' }),
      outcome: makeOutcome({ kind: 'partial' }),
    }),
  ],
  [
    'paused',
    makeLive({
      state: 'SUBMITTED',
      wait: makeWait({ reason: 'paused', note: 'bob said /pause' }),
      outcome: makeOutcome({ kind: 'failed', commits: 1 }),
    }),
  ],
  [
    'cancelled',
    makeEnded({
      state: 'CANCELLED',
      stop: { kind: 'cancel', by: { id: 12, login: 'bob' }, at: START },
      outcome: makeOutcome({ kind: 'cancelled', commits: 1, verified: 'not_run' }),
    }),
  ],
  [
    'failed',
    makeEnded({
      state: 'FAILED',
      failure: failure('SETUP_FAILED', 'npm ci\nnpm error ```missing``` lock file'),
      outcome: makeOutcome({ kind: 'failed', commits: 0, filesChanged: 0, turns: 0, summary: '' }),
    }),
  ],
  [
    'timed-out',
    makeEnded({
      state: 'TIMED_OUT',
      publication: PUBLISHED,
      failure: failure('TASK_TIMEOUT'),
      outcome: makeOutcome({ kind: 'partial', verified: 'not_run' }),
    }),
  ],
  [
    'withheld',
    makeEnded({
      state: 'FAILED',
      failure: failure('WITHHELD'),
      outcome: makeOutcome({
        kind: 'failed',
        verified: 'not_run',
        withheld: [
          { code: 'PROTECTED_PATH', path: '.github/workflows/ci.yml', message: 'Workflows are never changed' },
          { code: 'TOO_MANY_FILES', path: null, message: 'More than 300 files' },
        ],
      }),
    }),
  ],
];

describe('the status comment', () => {
  test.each(STATES)('of %s', async (name, facts) => {
    await expect(render(facts)).toMatchFileSnapshot(`../fixture/report/${name}.md`);
  });

  test.each(STATES)('of %s shows the cost and begins with its marker', (_name, facts) => {
    const body = render(facts);
    expect(body.startsWith(`${MARKER}\n`)).toBe(true);
    expect(body).toMatch(/\*\*\$\d+\.\d\d\*\* of \$\d/);
  });

  test.each(STATES)('of %s mentions nobody but the requester', (_name, facts) => {
    const mentions = [...render(facts).matchAll(/@[\w-]+/g)].map(([mention]) => mention);
    expect(mentions.filter((mention) => mention !== '@alice')).toEqual([]);
  });

  test.each([
    ['passed', ended(0), '- [x] Verify with `npm test`'],
    ['failed', ended(1), '- [ ] Verify with `npm test` · failed'],
    ['timed out', ended(null), '- [ ] Verify with `npm test` · failed'],
    ['was not run', ended(), '- [ ] Verify with `npm test` · not run'],
    ['is not known yet', null, '- [ ] Verify with `npm test`'],
  ])('ticks the verify command only when it passed: it %s', (_what, result, line) => {
    const facts = makeLive({ state: 'FINALIZING' }, { attempt: makeAttempt({ result }) });
    expect(render(facts).split('\n')).toContain(line);
  });

  test.each([
    ['while the context was gathered', [makeHydrated({ newerText: true })], true],
    ['while the agent worked', [makeHydrated(), makePushed({ newerText: true })], true],
    ['never', [makeHydrated(), makePushed()], false],
  ])('says that newer text was left out when it was edited %s', (_when, events, expected) => {
    const body = render(makeEnded({ publication: PUBLISHED, outcome: makeOutcome() }, { events }));
    expect(body.includes('**Edited after the approval:**')).toBe(expected);
  });

  test('links to the dashboard when there is one', () => {
    const taskUrl = (id: string): string => `https://bosun.test/tasks/${id}`;
    expect(render(makeLive(), { ...OPTIONS, taskUrl })).toContain(
      '(https://bosun.test/tasks/01KATX7Q2M8Z4V6N9B3C5D7F1G)',
    );
  });
});

describe('hostile text', () => {
  const HOSTILE =
    'x` @root <img src=x onerror=1> ![p](https://evil.test/p.png) [l](javascript:alert(1)) #1 \u202E\u001B[31m --> | ``` \n# H';

  const hostile: [string, ReportFacts][] = [
    ['in a progress note', makeLive({}, { attempt: makeAttempt({ progress: progress('agent', 1, HOSTILE) }) })],
    ['in a wait note', makeFacts({ wait: makeWait({ note: HOSTILE }) })],
    ['in a branch', makeEnded({ publication: PUBLISHED, branch: HOSTILE, outcome: makeOutcome() })],
    ['in a model name', makeLive({}, { totals: makeTotals().map((total) => ({ ...total, model: HOSTILE })) })],
    ['in a login', makeEnded({ requestedBy: { id: 1, login: HOSTILE }, outcome: makeOutcome() })],
    [
      'in what was withheld',
      makeEnded({ outcome: makeOutcome({ withheld: [{ code: HOSTILE, path: HOSTILE, message: HOSTILE }] }) }),
    ],
    [
      'in the sources',
      makeLive(
        {},
        {
          events: [
            makeHydrated({
              sources: [{ kind: 'file', label: HOSTILE, author: HOSTILE, url: 'https://evil.test/', tokens: 1 }],
            }),
          ],
        },
      ),
    ],
    ['in the detail of a failure', makeEnded({ state: 'FAILED', failure: failure('AGENT_ERROR', HOSTILE) })],
  ];

  /** What is left when code, where nothing is read as Markdown, is taken out. */
  function outsideCode(markdown: string): string {
    return markdown.replaceAll(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  }

  test.each(hostile)('%s stays text', (_where, facts) => {
    const prose = outsideCode(render(facts));
    expect(prose).not.toMatch(/@root|<img|\]\(https:\/\/evil|\]\(javascript|^# H/m);
    expect(prose.replace(MARKER, '')).not.toContain('-->');
    expect(render(facts)).not.toMatch(/[^\P{C}\n\u200B]/u);
    for (const row of render(facts)
      .split('\n')
      .filter((line) => line.startsWith('| ') && line.includes('$'))) {
      expect(row.match(/\|/g)).toHaveLength(8);
    }
  });

  test('in the words of the agent goes through the cleaner', () => {
    const clean = (): string => 'CLEANED';
    const said = [
      makeEnded({ publication: PUBLISHED, outcome: makeOutcome({ summary: HOSTILE }) }),
      makeLive({
        state: 'SUBMITTED',
        wait: makeWait({ reason: 'human' }),
        outcome: makeOutcome({ questions: [HOSTILE] }),
      }),
    ];
    for (const facts of said) {
      const body = render(facts, { ...OPTIONS, clean });
      expect(body).toContain('CLEANED');
      expect(body).not.toContain('evil.test');
    }
  });

  test('of any length fits into a comment', () => {
    const long = 'w'.repeat(100_000);
    const facts = makeEnded(
      {
        state: 'FAILED',
        failure: failure('AGENT_ERROR', long),
        branch: long,
        outcome: makeOutcome({
          summary: long,
          withheld: Array.from({ length: 500 }, () => ({ code: long, path: long, message: long })),
        }),
      },
      {
        totals: Array.from({ length: 100 }, () => ({ ...makeTotals()[0]!, model: long })),
        events: [
          makeHydrated({
            sources: Array.from({ length: 5_000 }, () => ({
              kind: 'comment',
              label: long,
              author: long,
              url: `https://github.com/${'u'.repeat(500)}`,
              tokens: 1,
            })),
          }),
        ],
      },
    );
    expect(render(facts).length).toBeLessThanOrEqual(65_536);
  });
});

describe('the session of an agent of its own', () => {
  const settings = (kind: 'codex' | 'builtin'): { settings: ReportFacts['task']['settings'] } => ({
    settings: { ...makeFacts().task.settings, agent: { kind } },
  });
  const comment = (kind: 'codex' | 'builtin', conversation: WorkerResult['conversation']): string =>
    render(
      makeEnded(
        { ...settings(kind), epoch: 2 },
        { attempt: makeAttempt({ result: { ...ended(), ...(conversation === undefined ? {} : { conversation }) } }) },
      ),
    );

  test.each([
    ['was resumed', 'codex', { resumed: true }, ' · Codex resumed its session · '],
    [
      'was not, and why',
      'codex',
      { resumed: false, reason: 'the earlier attempt used [x](http://evil) @alice' },
      String.raw`Codex started a new session: the earlier attempt used \[x\](http&#58;//evil) @`,
    ],
  ] as const)('%s', (_, kind, conversation, expected) => {
    expect(comment(kind, conversation)).toContain(expected);
  });

  test.each([
    ['there was none before', 'codex', undefined],
    ['the agent has none', 'builtin', { resumed: true }],
  ] as const)('is not mentioned when %s', (_, kind, conversation) => {
    expect(comment(kind, conversation)).not.toContain('session');
  });
});
