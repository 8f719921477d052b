import type { StepSignals } from './context.ts';
import type { Reaping } from './reaping/create-reaping.ts';

/** The run of one task in this process: its nudges, its one timer, and its end. */
export interface TaskRun {
  readonly signals: StepSignals;
  /** The lease was lost or the process shuts down: no further step is taken. */
  drop(): void;
}

/**
 * Nudges are remembered: one that comes while nobody waits makes the next wait return at once. Timers are re-armed at
 * most a day ahead, because a JS timer cannot hold more than 24 days.
 */
export function createTaskRun(
  clock: { now(): Date },
  reaping: Reaping = { mayReap: () => Promise.resolve(true) },
): TaskRun {
  const controller = new AbortController();
  let nudged = false;
  let wake: (() => void) | null = null;

  function nudge(): void {
    nudged = true;
    wake?.();
  }

  async function wait(until: Date): Promise<void> {
    const ms = Math.min(Math.max(0, until.getTime() - clock.now().getTime()), 24 * 3_600_000);
    if (!nudged && !controller.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = null;
    }
    nudged = false;
  }

  return {
    signals: { wait, nudge, mayReap: () => reaping.mayReap(), signal: controller.signal },
    drop() {
      controller.abort();
      wake?.();
    },
  };
}
