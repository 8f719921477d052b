import type { Task } from '../task/task.ts';
import type { OrchestratorContext } from './context.ts';

/** How many tasks one claim takes at most; several processes still share what is there. */
const CLAIM_BATCH = 8;

export interface ClaimLoop {
  /**
   * Claims until nothing may start, once more where that is under way already; one claim loop at a time. Resolves with
   * whether claiming worked.
   */
  claimSoon(): Promise<boolean>;
  /** Resolves when no claim is under way. */
  settled(): Promise<void>;
}

export function createClaimLoop(
  context: OrchestratorContext,
  { onClaimed, signal }: { onClaimed: (task: Task) => void; signal: AbortSignal },
): ClaimLoop {
  let claiming: Promise<boolean> | null = null;
  let claimingNext: Promise<boolean> | null = null;

  function claimSoon(): Promise<boolean> {
    if (signal.aborted) {
      return Promise.resolve(false);
    }
    if (claiming !== null) {
      claimingNext ??= claiming.then(() => {
        claimingNext = null;
        return claimSoon();
      });
      return claimingNext;
    }
    claiming = claimAll()
      .then(() => true)
      .catch((error: unknown) => {
        context.log.error('Claiming tasks failed; it is retried at the next wake-up', { err: error });
        return false;
      })
      .finally(() => {
        claiming = null;
      });
    return claiming;
  }

  /** What was just admitted goes first; then what has waited for its time. */
  async function claimAll(): Promise<void> {
    do {
      await claimReady();
    } while (!signal.aborted && (await context.stores.tasks.wakeDue(context.clock.now())) > 0);
  }

  async function claimReady(): Promise<void> {
    while (!signal.aborted) {
      const claimed = await context.stores.tasks.claimUpTo(CLAIM_BATCH, {
        owner: context.owner,
        now: context.clock.now(),
        leaseMs: context.times.leaseMs,
        limits: context.limits(),
      });
      if (claimed.length === 0) {
        return;
      }
      for (const { task } of claimed) {
        // A later attempt may have waited for a person; only the first shows how long the queue takes.
        if (task.epoch === 1) {
          context.metrics.taskClaimed(context.clock.now().getTime() - task.createdAt.getTime());
        }
        await context.onStep?.('claimed', task.id);
        onClaimed(task);
      }
    }
  }

  return {
    claimSoon,
    async settled() {
      await claiming;
    },
  };
}
