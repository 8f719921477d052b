import { ulid } from 'ulid';
import type { NewTask } from '../../app/store/stores.ts';

/** A task like those of a busy repository, small in every text; `budgetNano` fits any number of them into wide scopes. */
export function makeTask(at: Date, facts: { repository: number; thread: number; budgetNano?: number }): NewTask {
  const person = { id: 1 + (facts.thread % 50), login: 'mira' };
  const id = ulid(at.getTime());
  return {
    id,
    installationId: 1,
    repository: { id: facts.repository, owner: 'harbor-tools', name: `tide-tables-${facts.repository}` },
    thread: { number: facts.thread, kind: 'issue' },
    type: 'implement',
    priority: 5,
    requestedBy: person,
    trigger: { kind: 'comment', commentId: facts.thread, url: null },
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
    budgetNano: facts.budgetNano ?? 1_000_000_000,
    branch: `bosun/${id.toLowerCase()}-measure`,
  };
}
