import type { Outcome } from '../task/outcome.ts';
import type { NewEvent } from '../task/events.ts';
import type { PublishedBefore } from '../publish/find-published.ts';
import type { Publication, Task } from '../task/task.ts';
import { comparisonMark, isUncompared, type Restored } from '../store/restored.ts';
import { fenceOf, type OrchestratorContext } from './context.ts';

export type Comparison =
  /** The rows are as true as GitHub: go on. */
  | { readonly kind: 'go_on' }
  /** The task was moved to where it belongs, or is someone else's. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'github'; readonly note: string; readonly retryAt: Date | null };

/**
 * The first step of a task that a backup brought back: GitHub may hold more of it than the rows say. A pull request that
 * is finished ends the task; one that is not waits for a person; and what its comment says it has cost is booked before
 * anything more is spent. Done once a restore: the event that tells of it says so.
 */
export async function compareRestored(task: Task, context: OrchestratorContext): Promise<Comparison> {
  const restored = context.restored ?? null;
  if (restored === null || !(await needsComparison(task, context))) {
    return { kind: 'go_on' };
  }
  const found = await context.publisher.findPublished(task);
  if (found.kind === 'wait') {
    return { kind: 'github', note: found.note, retryAt: found.retryAt };
  }
  const { pull, spentNano } = found.published;
  await book(task, context, { restored, spentNano: spentNano ?? 0 });
  const mark = comparisonMark(restored);
  if (pull === null) {
    const note = 'Bosun was restored from a backup; GitHub shows no pull request of this task.';
    const event: NewEvent = { kind: 'task.note', data: { note, restored: mark } };
    const recorded = await context.stores.tasks.record({
      fence: fenceOf(task),
      now: context.clock.now(),
      patch: {},
      event,
    });
    return { kind: recorded.moved ? 'go_on' : 'settled' };
  }
  const isUnfinished = pull.unfinished && pull.state === 'open';
  await (isUnfinished ? waitForPerson(task, context, { pull, mark }) : complete(task, context, { pull, mark }));
  return { kind: 'settled' };
}

interface Found {
  readonly pull: NonNullable<PublishedBefore['pull']>;
  readonly mark: string;
}

function publicationOf({ pull }: Found): Partial<Publication> {
  return { headSha: pull.headSha, pullNumber: pull.number, pullUrl: pull.url };
}

/** Whether a task may have run since the backup and was not yet compared. Asks nothing where nothing was restored. */
export async function needsComparison(
  task: Task,
  context: Pick<OrchestratorContext, 'restored' | 'stores'>,
): Promise<boolean> {
  const restored = context.restored ?? null;
  return restored !== null && isUncompared({ task, events: await context.stores.tasks.events(task.id) }, restored);
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
    model: task.settings.model,
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
    patch: { publication: publicationOf(found), outcome, lostAttempts: 0 },
    event: { kind: 'task.ended', data: { outcome: outcome.kind, restored: found.mark } },
  });
}

async function waitForPerson(task: Task, context: OrchestratorContext, found: Found): Promise<void> {
  const now = context.clock.now();
  const note = `Bosun was restored from a backup, and pull request #${found.pull.number} is not finished; \`/resume\` goes on.`;
  await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'SUBMITTED',
    now,
    patch: { publication: publicationOf(found), outcome: { ...(task.outcome ?? FOUND), kind: 'partial' } },
    wait: { reason: 'human', wakeAt: new Date(now.getTime() + context.times.pausedForMs), note, blockedOn: null },
    event: { kind: 'task.waiting', data: { reason: 'human', note, restored: found.mark } },
  });
}
