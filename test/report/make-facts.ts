import type { LedgerTotals } from '../../app/store/stores.ts';
import type { EventData, EventOf } from '../../app/task/events.ts';
import type { Outcome } from '../../app/task/outcome.ts';
import type { Attempt } from '../../app/task/attempt.ts';
import type { Task, Wait } from '../../app/task/task.ts';
import { UNPUBLISHED } from '../../app/task/unpublished.ts';
import type { RenderOptions, ReportFacts } from '../../app/report/report-facts.ts';

export const START = new Date('2026-11-21T10:00:00Z');
const USD = 1_000_000_000;

export const OPTIONS: RenderOptions = {
  serverUrl: 'https://github.com',
  taskUrl: null,
  clean: (markdown) => markdown,
};

export function makeTask(changes: Partial<Task> = {}): Task {
  return {
    id: '01KATX7Q2M8Z4V6N9B3C5D7F1G',
    installationId: 42,
    repository: { id: 7, owner: 'octo', name: 'parser' },
    thread: { number: 12, kind: 'issue' },
    type: 'implement',
    state: 'SUBMITTED',
    priority: 5,
    requestedBy: { id: 11, login: 'alice' },
    trigger: { kind: 'comment', commentId: 99, url: 'https://github.com/octo/parser/issues/12#issuecomment-99' },
    text: {
      title: 'Crash on empty input',
      body: 'It crashes.',
      author: { id: 11, login: 'alice' },
      request: '',
      sha256: 'ab',
      throughCommentId: 99,
      at: START,
    },
    settings: {
      model: 'claude-sonnet-5',
      maxTurns: 100,
      timeoutMs: 30 * 60_000,
      idleTimeoutMs: 15 * 60_000,
      baseBranch: null,
      path: null,
      dryRun: false,
      setup: ['npm ci'],
      verify: 'npm test',
      agent: { kind: 'builtin' },
      instructions: null,
      commentsFrom: 'writers',
      promptTokenBudget: 100_000,
      protectedPaths: [],
    },
    retryOf: null,
    epoch: 0,
    lostAttempts: 0,
    question: null,
    verdict: null,
    lease: null,
    wait: null,
    stop: null,
    outages: {},
    comparedRestore: null,
    budgetNano: 5 * USD,
    spentNano: 0,
    unsettledNano: 0,
    branch: 'bosun/01katx7q2m8z4v6n9b3c5d7f1g-crash-on-empty-input',
    baseBranch: null,
    baseSha: null,
    publication: UNPUBLISHED,
    outcome: null,
    failure: null,
    revision: 1,
    createdAt: START,
    startedAt: null,
    finishedAt: null,
    ...changes,
  };
}

export function makeWait(changes: Partial<Wait> = {}): Wait {
  return {
    reason: 'slot',
    wakeAt: new Date(START.getTime() + 14 * 86_400_000),
    note: null,
    blockedOn: null,
    ...changes,
  };
}

export function makeOutcome(changes: Partial<Outcome> = {}): Outcome {
  return {
    kind: 'published',
    filesChanged: 3,
    commits: 2,
    verified: 'passed',
    summary:
      'The parser now returns an empty list for empty input.\n\n- `src/parse.js`: early return\n- `test/parse.test.js`: two cases',
    questions: [],
    withheld: [],
    turns: 14,
    ...changes,
  };
}

export function makeAttempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    taskId: '01KATX7Q2M8Z4V6N9B3C5D7F1G',
    epoch: 1,
    tokenSha256: null,
    budgetNano: 5 * USD,
    spentNano: 0,
    inflightNano: 0,
    modelCalls: 0,
    startSha: 'b'.repeat(40),
    gateBaseSha: 'b'.repeat(40),
    outsiders: [],
    startedAt: new Date(START.getTime() + 20_000),
    heartbeatAt: null,
    progressAt: null,
    progress: null,
    result: null,
    sessionEnd: null,
    prepareResult: null,
    checkSession: null,
    checkedResult: null,
    checkResults: null,
    environment: null,
    endedAt: null,
    ...changes,
  };
}

export function makeTotals(): LedgerTotals[] {
  return [
    {
      purpose: 'work',
      provider: 'anthropic',
      model: 'claude-haiku-5',
      requests: 2,
      usage: { inputTokens: 1_200, outputTokens: 90, cacheWriteTokens: 0, cacheReadTokens: 0 },
      costNano: 1_700_000,
    },
    {
      purpose: 'work',
      provider: 'anthropic',
      model: 'claude-sonnet-5',
      requests: 14,
      usage: { inputTokens: 41_820, outputTokens: 6_310, cacheWriteTokens: 18_400, cacheReadTokens: 212_000 },
      costNano: 418_300_000,
    },
  ];
}

export function makeHydrated(data: Partial<EventData<'task.hydrated'>> = {}): EventOf<'task.hydrated'> {
  const url = 'https://github.com/octo/parser/issues/12';
  return {
    seq: 3,
    taskId: '01KATX7Q2M8Z4V6N9B3C5D7F1G',
    epoch: 1,
    kind: 'task.hydrated',
    at: START,
    state: 'RUNNING',
    data: {
      sources: [
        { kind: 'issue', label: 'issue #12', author: 'alice', url, tokens: 320 },
        { kind: 'comment', label: 'comment 98', author: 'bob', url: `${url}#issuecomment-98`, tokens: 41 },
        { kind: 'file', label: 'AGENTS.md', author: null, url: null, tokens: 812 },
      ],
      truncated: false,
      dropped: 0,
      leftOut: { notWriter: 2, later: 1, edited: 0, bot: 0 },
      hidden: 1,
      resumed: false,
      tokenEstimate: 2_450,
      ...data,
    },
  };
}

export function makePushed(data: Partial<EventData<'task.pushed'>> = {}): EventOf<'task.pushed'> {
  const { seq: _, ...position } = makeHydrated();
  const pushed = { branch: 'bosun/01katx7q2m8z4v6n9b3c5d7f1g', headSha: 'c'.repeat(40), commits: 1, filesChanged: 1 };
  return { ...position, seq: 4, kind: 'task.pushed', data: { ...pushed, ...data } };
}

export function makeFacts(task: Partial<Task> = {}, facts: Partial<Omit<ReportFacts, 'task'>> = {}): ReportFacts {
  return { task: makeTask(task), events: [], attempt: null, totals: [], position: null, earlier: null, ...facts };
}

/** Facts of a task whose attempt has begun. */
export function makeLive(task: Partial<Task> = {}, facts: Partial<Omit<ReportFacts, 'task'>> = {}): ReportFacts {
  const begun: Partial<Task> = {
    state: 'RUNNING',
    epoch: 1,
    baseBranch: 'main',
    baseSha: 'b'.repeat(40),
    startedAt: new Date(START.getTime() + 20_000),
    ...task,
  };
  return makeFacts(begun, { attempt: makeAttempt(), totals: makeTotals(), events: [makeHydrated()], ...facts });
}

/** Facts of a task that has ended after six minutes. */
export function makeEnded(task: Partial<Task> = {}, facts: Partial<Omit<ReportFacts, 'task'>> = {}): ReportFacts {
  return makeLive(
    { state: 'COMPLETED', spentNano: 420_000_000, finishedAt: new Date(START.getTime() + 392_000), ...task },
    facts,
  );
}

export const PUBLISHED = {
  epoch: 1,
  intendedSha: 'c0ffee1'.padEnd(40, '0'),
  headSha: 'c0ffee1'.padEnd(40, '0'),
  pullNumber: 57,
  pullUrl: 'https://github.com/octo/parser/pull/57',
};
