import type { OrchestratorContext } from '../context.ts';
import { decideReaping } from './decide-reaping.ts';

/** Asked before anything that only looks dead is ended. */
export interface Reaping {
  mayReap(): Promise<boolean>;
}

/** Looks at all live attempts of all processes, says once when reaping pauses and once when it continues. */
export function createReaping(context: OrchestratorContext): Reaping {
  let pausedSince: Date | null = null;
  let isPaused = false;

  function announce(next: boolean, facts: { live: number; stale: number }): void {
    if (next === isPaused) {
      return;
    }
    isPaused = next;
    context.metrics.reapingPaused(next);
    if (next) {
      const sentence = `${facts.stale} of ${facts.live} running attempts look lost at once; none is declared lost until their heartbeats return or the pause ends`;
      context.log.error('Many attempts look lost at once; reaping is paused', facts);
      context.onReapingPaused?.(sentence);
    } else {
      context.log.info('Reaping continues', facts);
      context.onReapingPaused?.(null);
    }
  }

  return {
    async mayReap() {
      const now = context.clock.now();
      const { heartbeatStaleMs, longestPauseMs } = context.times;
      const facts = await context.stores.tasks.staleness({ now, heartbeatStaleMs });
      const decision = decideReaping({ ...facts, pausedSince, longestPauseMs }, now);
      pausedSince = decision.pausedSince;
      announce(decision.do === 'pause', facts);
      return decision.do === 'reap';
    },
  };
}
