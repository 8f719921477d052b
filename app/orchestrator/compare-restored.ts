import type { Outcome } from '../task/outcome.ts';
import type { TaskPatch } from '../store/stores.ts';
import { waitingEvent } from '../task/events.ts';
import type { PublishedBefore } from '../publish/find-published.ts';
import type { Task, Wait } from '../task/task.ts';
import { isUncompared, type Restored } from '../store/restored.ts';
import { fenceOf } from '../task/fence.ts';
import type { OrchestratorContext } from './context.ts';
import { routeOf } from '../task/tiers/route.ts';

export type Comparison =
  /** The rows are as true as GitHub: continue. */
  | { readonly kind: 'go_on' }
  /** The task was moved to where it belongs, or is someone else's. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'github'; readonly note: string; readonly retryAt: Date | null };

/**
 * The first step of a task that a backup brought back: GitHub may hold more of it than the rows say. A pull request that
 * is finished ends the task; one that is not waits for a person; and what its comment says it has cost is booked before
 * anything more is spent. Done once for each restore.
 */
export async function compareRestored(task: Task, context: OrchestratorContext): Promise<Comparison> {
  const restored = context.restored ?? null;
  if (restored === null || !isUncompared(task, restored)) {
    return { kind: 'go_on' };
  }
  const found = await context.publisher.findPublished(task);
  if (found.kind === 'wait') {
    return { kind: 'github', note: found.note, retryAt: found.retryAt };
  }
  const { pull, spentNano } = found.published;
  await book(task, context, { restored, spentNano: spentNano ?? 0 });
  if (pull === null) {
    const note = 'Bosun was restored from a backup; GitHub shows no pull request of this task.';
    const recorded = await context.stores.tasks.record({
      fence: fenceOf(task),
      now: context.clock.now(),
      patch: { comparedRestore: restored.restoredAt },
      event: { kind: 'task.note', data: { note } },
    });
    return { kind: recorded.moved ? 'go_on' : 'settled' };
  }
  const isUnfinished = pull.unfinished && pull.state === 'open';
  await (isUnfinished ? waitForPerson(task, context, { pull, restored }) : complete(task, context, { pull, restored }));
  return { kind: 'settled' };
}

interface Found {
  readonly pull: NonNullable<PublishedBefore['pull']>;
  readonly restored: Restored;
}

function patchOf({ pull, restored }: Found): TaskPatch {
  const publication = { headSha: pull.headSha, pullNumber: pull.number, pullUrl: pull.url };
  return { publication, comparedRestore: restored.restoredAt };
}

/** What the task cost beyond what the rows know goes through the ledger, as if the door had seen it. */
async function book(
  task: Task,
  context: OrchestratorContext,
  told: { restored: Restored; spentNano: number },
): Promise<void> {
  const missingNano = Math.min(told.spentNano, task.budgetNano) - task.spentNano;
  if (missingNano <= 0) {
    return;
  }
  const now = context.clock.now();
  const requestId = `restored-${task.id}-${told.restored.restoredAt.getTime()}`;
  await context.stores.attempts.draw({
    taskId: task.id,
    epoch: task.epoch,
    requestId,
    model: routeOf(task).model,
    upperNano: missingNano,
    keepNano: 0,
    now,
  });
  const usage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
  await context.stores.attempts.settle({ requestId, costNano: missingNano, usage, now });
}

const FOUND: Outcome = {
  kind: 'published',
  filesChanged: 0,
  commits: 0,
  verified: 'not_run',
  summary: '',
  questions: [],
  withheld: [],
  turns: 0,
};

async function complete(task: Task, context: OrchestratorContext, found: Found): Promise<void> {
  const outcome = { ...(task.outcome ?? FOUND), kind: 'published' as const };
  await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'COMPLETED',
    now: context.clock.now(),
    patch: { ...patchOf(found), outcome, lostAttempts: 0 },
    event: { kind: 'task.ended', data: { outcome: outcome.kind } },
  });
}

async function waitForPerson(task: Task, context: OrchestratorContext, found: Found): Promise<void> {
  const now = context.clock.now();
  const note = `Bosun was restored from a backup, and pull request #${found.pull.number} is not finished; \`/resume\` continues it.`;
  const wakeAt = new Date(now.getTime() + context.times.pausedForMs);
  const wait: Wait = { reason: 'human', wakeAt, note, blockedOn: null };
  await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'SUBMITTED',
    now,
    patch: { ...patchOf(found), outcome: { ...(task.outcome ?? FOUND), kind: 'partial' } },
    wait,
    event: waitingEvent(wait),
  });
}
