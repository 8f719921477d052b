import type { NewTask } from '../../app/store/stores.ts';

/** A task to admit, with a model and a budget of its own. */
export function sampleTask({ budgetNano, model = 'claude-sonnet-5' }: { budgetNano: number; model?: string }): NewTask {
  return {
    id: '01jd000000000000000000door',
    installationId: 7,
    repository: { id: 17, owner: 'ada', name: 'engine' },
    thread: { number: 1, kind: 'issue' },
    type: 'implement',
    priority: 5,
    requestedBy: { id: 1, login: 'ada' },
    trigger: { kind: 'comment', commentId: 3, url: null },
    text: {
      title: 'Fix the engine',
      body: '',
      author: { id: 1, login: 'ada' },
      request: '',
      sha256: '0'.repeat(64),
      at: new Date('2026-11-20T12:00:00Z'),
      throughCommentId: 3,
    },
    settings: {
      model,
      maxTurns: 10,
      timeoutMs: 60_000,
      idleTimeoutMs: 60_000,
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
    budgetNano,
    branch: 'bosun/01jd-fix-the-engine',
  };
}
