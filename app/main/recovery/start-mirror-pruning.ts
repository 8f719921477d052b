import type { Mirrors } from '../../git/mirror.ts';
import type { Clock } from '../../task/clock.ts';
import type { Logger } from '../../telemetry/log.ts';

const EVERY_MS = 3_600_000;
/** Longer than any attempt, which borrows objects from the mirror of its repository. */
const UNUSED_MS = 2 * 24 * 3_600_000;

/** At the start and every hour, in each process with a disk of its own: keeps the mirrors of repositories within a size. */
export function startMirrorPruning(plan: {
  mirrors: Pick<Mirrors, 'prune'>;
  maxBytes: number;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  async function run(): Promise<void> {
    const unusedSince = new Date(plan.clock.now().getTime() - UNUSED_MS);
    const { bytes, removed } = await plan.mirrors.prune({ maxBytes: plan.maxBytes, unusedSince });
    if (removed > 0) {
      plan.log.info('Mirrors of repositories that were not used were deleted', { removed, bytes });
    }
  }
  let running: Promise<void> = Promise.resolve();
  function next(): void {
    running = running
      .then(run)
      .catch((error: unknown) => plan.log.error('Mirrors of repositories could not be pruned', { err: error }));
  }
  next();
  const timer = setInterval(next, EVERY_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
