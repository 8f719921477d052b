import type { RecoveryStore } from '../../store/recovery.ts';
import type { Clock } from '../../task/clock.ts';
import type { Logger } from '../../telemetry/log.ts';

/** How long a scheduled job outlives a process that died with it. */
const LEASE_MS = 60_000;
/** How often to look whether a scheduled job is due; one statement each. */
const LOOK_MS = 60_000;

export interface ScheduledJobOptions {
  readonly name: string;
  /** From the start of one round to the start of the next, whichever process does it. */
  readonly everyMs: number;
  readonly holder: string;
  readonly recovery: Pick<RecoveryStore, 'claimJob' | 'extendJob' | 'finishJob'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** One round; resolves with the cursor for the next, null to keep the one before. */
  readonly run: (round: { cursor: string | null; holds: () => boolean }) => Promise<string | null>;
}

/**
 * Does a scheduled job at the start, and then whenever it is due and no other process has it. A round that takes longer
 * than its period is extended, so that no two overlap; the cursor is written only by who still holds the scheduled job.
 */
export function startScheduledJob(options: ScheduledJobOptions): {
  /** Resolves when the round at the start is over. */
  readonly started: Promise<void>;
  stop(): Promise<void>;
} {
  const { clock, holder, log, name, recovery } = options;
  let round: Promise<void> | null = null;

  async function runRound(early: boolean): Promise<void> {
    const startedAt = clock.now();
    const taken = await recovery.claimJob({ name, holder, now: startedAt, leaseMs: LEASE_MS, early });
    if (taken === null) {
      return;
    }
    const held = { name, holder, number: taken.number };
    let isHeld = true;
    const keeping = setInterval(() => {
      recovery.extendJob({ ...held, now: clock.now(), leaseMs: LEASE_MS }).then(
        (still) => {
          isHeld = still;
        },
        () => undefined,
      );
    }, LEASE_MS / 3);
    const dueAt = new Date(startedAt.getTime() + options.everyMs);
    try {
      const cursor = await options.run({ cursor: taken.cursor, holds: () => isHeld });
      await recovery.finishJob({ ...held, now: clock.now(), dueAt, cursor });
    } catch (error) {
      // Given up with its cursor as it was, and tried again when it is due.
      await recovery.finishJob({ ...held, now: clock.now(), dueAt, cursor: null });
      throw error;
    } finally {
      clearInterval(keeping);
    }
  }

  function look(early: boolean): Promise<void> {
    round ??= runRound(early)
      .catch((error: unknown) => log.error('A scheduled job failed', { err: error, duty: name }))
      .finally(() => {
        round = null;
      });
    return round;
  }

  const started = look(true);
  const timer = setInterval(() => void look(false), Math.min(LOOK_MS, options.everyMs));
  return {
    started,
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}
