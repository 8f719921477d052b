import type { NewTask } from '../../app/store/stores.ts';

/** A task with money for a hundred thousand small requests. */
export function makeTask(at: Date): NewTask {
  const person = { id: 1, login: 'mira' };
  return {
    id: '01jd0000000000000000000bench',
    installationId: 1,
    repository: { id: 1, owner: 'harbor-tools', name: 'tide-tables' },
    thread: { number: 1, kind: 'issue' },
    type: 'implement',
    priority: 5,
    requestedBy: person,
    trigger: { kind: 'comment', commentId: 1, url: null },
    text: { title: 'Measure', body: '', author: person, request: '', sha256: '0'.repeat(64), at, throughCommentId: 1 },
    settings: {
      model: 'claude-sonnet-5',
      maxTurns: 10,
      timeoutMs: 3_600_000,
      idleTimeoutMs: 3_600_000,
      baseBranch: null,
      path: null,
      dryRun: false,
      setup: null,
      verify: null,
      agent: { kind: 'builtin' },
      instructions: null,
      commentsFrom: 'writers',
      promptTokenBudget: 1_000,
      protectedPaths: [],
    },
    retryOf: null,
    budgetNano: 100_000 * 1_000_000_000,
    branch: 'bosun/01jd-measure',
  };
}
