export interface AlarmOptions {
  readonly clock: { now(): Date };
  /** The earliest instant at which a row wants looking at, null when none does. */
  readonly nextWakeAt: () => Promise<Date | null>;
  /** Rings this often whatever happens, for wake-ups that were lost. */
  readonly sweepMs: number;
  readonly ring: () => void;
  /** Called when `nextWakeAt` failed; the sweep rings all the same. */
  readonly onTrouble: (error: unknown) => void;
}

export interface Alarm {
  /** Something may have changed: looks up the next instant again, soon, and once for many calls. */
  rearm(): void;
  stop(): void;
}

/** A row that stays due after it was rung for is rung for no more often than this. */
const SHORTEST_PAUSE_MS = 1_000;
const GATHERING_MS = 50;
/** Timers hold no more than 31 bits; a later instant is looked up again after this. */
const LONGEST_TIMER_MS = 3_600_000;

/** One timer at the earliest `wake_at`, and a slow sweep. Neither asks the database anything while nothing happens. */
export function createAlarm(options: AlarmOptions): Alarm {
  let gathering: NodeJS.Timeout | null = null;
  let timer: NodeJS.Timeout | null = null;
  let rangAt = -SHORTEST_PAUSE_MS;
  let stopped = false;
  const sweep = setInterval(() => {
    options.ring();
    rearm();
  }, options.sweepMs);

  function rearm(): void {
    gathering ??= stopped
      ? null
      : setTimeout(() => {
          gathering = null;
          void lookUp();
        }, GATHERING_MS);
  }

  async function lookUp(): Promise<void> {
    try {
      const at = await options.nextWakeAt();
      if (!stopped) {
        arm(at);
      }
    } catch (error) {
      options.onTrouble(error);
    }
  }

  function arm(at: Date | null): void {
    if (timer !== null) {
      clearTimeout(timer);
      timer = null;
    }
    if (at === null) {
      return;
    }
    const untilDueMs = at.getTime() - options.clock.now().getTime();
    const untilAllowedMs = rangAt + SHORTEST_PAUSE_MS - performance.now();
    const delayMs = Math.max(untilDueMs, untilAllowedMs, 0);
    const isFarAway = delayMs > LONGEST_TIMER_MS;
    timer = setTimeout(() => (isFarAway ? rearm() : ringForRow()), Math.min(delayMs, LONGEST_TIMER_MS));
  }

  function ringForRow(): void {
    timer = null;
    rangAt = performance.now();
    options.ring();
  }

  return {
    rearm,
    stop: () => {
      stopped = true;
      clearInterval(sweep);
      clearTimeout(timer ?? undefined);
      clearTimeout(gathering ?? undefined);
    },
  };
}
