import type { NewTask, Stores } from '../../../app/store/stores.ts';
import type { Fence } from '../../../app/task/fence.ts';
import type { BudgetLimits } from '../../../app/budget/scopes.ts';
import { taskDefaults } from '../../../app/config/server-config.ts';
import { failure } from '../../../app/task/failure.ts';
import type { Task } from '../../../app/task/task.ts';

const SOURCE = { kind: 'issue', label: 'issue #1', author: 'mira', url: null, tokens: 600 };
const READ = {
  sources: [SOURCE, { ...SOURCE, kind: 'comment', label: 'comment 2' }],
  tokenEstimate: 1200,
  truncated: true,
  dropped: 3,
  leftOut: { notWriter: 0, later: 0, edited: 0, bot: 0 },
  hidden: 0,
  resumed: false,
};

const UNLIMITED: BudgetLimits = {
  timeZone: 'UTC',
  serverDayNano: null,
  repositoryDayNano: null,
  repositoryMonthNano: null,
};

export function newTask(at: { id: string; issue: number; title?: string }): NewTask {
  const { model, maxTurns, timeoutMs, idleTimeoutMs, promptTokenBudget } = taskDefaults();
  return {
    id: at.id,
    installationId: 7,
    repository: { id: 17, owner: 'ada', name: 'engine' },
    thread: { number: at.issue, kind: 'issue' },
    type: 'implement',
    priority: 5,
    requestedBy: { id: 1, login: 'ada' },
    trigger: { kind: 'comment', commentId: at.issue, url: `https://github.com/ada/engine/issues/${at.issue}#c` },
    text: {
      title: at.title ?? 'Fix the engine',
      body: '',
      author: { id: 1, login: 'ada' },
      request: '',
      sha256: '0'.repeat(64),
      at: new Date('2026-11-20T12:00:00Z'),
      throughCommentId: at.issue,
    },
    settings: {
      model,
      maxTurns,
      timeoutMs,
      idleTimeoutMs,
      promptTokenBudget,
      baseBranch: null,
      path: null,
      dryRun: false,
      setup: null,
      verify: null,
      agent: { kind: 'builtin' },
      instructions: null,
      commentsFrom: 'writers',
      protectedPaths: [],
    },
    retryOf: null,
    budgetNano: 5_000_000_000,
    branch: `bosun/${at.id.toLowerCase()}-fix-the-engine`,
  };
}

export async function admit(stores: Stores, task: NewTask, now: Date): Promise<void> {
  await stores.tasks.admit({ task, semanticKey: task.id, now, rate: { perUserPerHour: 100 }, outbox: [] });
}

function after(start: Date): (seconds: number) => Date {
  return (seconds) => new Date(start.getTime() + seconds * 1_000);
}

/** The next waiting task runs and tells of its progress. */
export async function run(stores: Stores, start: Date): Promise<Fence> {
  const later = after(start);
  const concurrency = { repository: 9, user: 9, server: 9 };
  const claimed = await stores.tasks.claim({
    owner: 'test',
    now: later(1),
    leaseMs: 60_000,
    limits: { concurrency, budgets: UNLIMITED },
  });
  if (claimed === null) {
    throw new Error('nothing could be claimed');
  }
  const { id: taskId, epoch, lease } = claimed.task;
  const fence = { taskId, epoch, leaseNumber: lease?.number ?? 0 };
  await stores.tasks.record({
    fence,
    now: later(2),
    patch: { baseBranch: 'main', baseSha: 'b'.repeat(40) },
    attempt: { tokenSha256: 'a'.repeat(64), startSha: 'b'.repeat(40), gateBaseSha: 'b'.repeat(40), outsiders: [] },
    event: { kind: 'task.hydrated', data: READ },
  });
  await stores.tasks.move({ fence, to: 'RUNNING', now: later(3), event: { kind: 'task.started' } });
  const progress = { phase: 'agent' as const, turn: 4, note: 'editing \u001B[2Jsrc/engine.ts' };
  await stores.attempts.progress({ taskId, epoch, now: later(3), progress });
  return fence;
}

/** The next waiting task runs, spends and fails. */
export async function runAndFail(stores: Stores, start: Date): Promise<Task> {
  const later = after(start);
  const fence = await run(stores, start);
  const { taskId, epoch } = fence;
  const money = { taskId, epoch, requestId: `${taskId}-1`, model: 'claude-sonnet-5' };
  await stores.attempts.draw({ ...money, upperNano: 1_000_000_000, keepNano: 0, now: later(4) });
  await stores.attempts.settle({
    requestId: money.requestId,
    costNano: 420_000_000,
    usage: { inputTokens: 12_345, outputTokens: 678, cacheWriteTokens: 0, cacheReadTokens: 90 },
    now: later(5),
  });
  const session = { kind: 'exited' as const, exitCode: 137, outOfMemory: true };
  await stores.tasks.move({
    fence,
    to: 'FINALIZING',
    now: later(65),
    sessionEnd: session,
    event: { kind: 'task.session_ended', data: { session } },
  });
  const ended = await stores.tasks.move({
    fence,
    to: 'FAILED',
    now: later(66),
    patch: { failure: failure('WORKER_OUT_OF_MEMORY', 'killed at \u001B[31m8 GiB') },
    event: { kind: 'task.ended', data: { outcome: 'failed' } },
  });
  if (!ended.moved) {
    throw new Error('the task did not move');
  }
  return ended.task;
}
