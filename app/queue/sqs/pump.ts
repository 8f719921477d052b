import { setTimeout as wait } from 'node:timers/promises';

export interface PumpOptions {
  /** One round: waits for messages and puts them where receivers find them. */
  readonly poll: (signal: AbortSignal) => Promise<void>;
  /** Called with each failed round and how many failed in a row. */
  readonly onTrouble: (error: unknown, failures: number) => void;
}

export interface Pump {
  /** Someone waits for messages; the function that comes back says that they do not any more. */
  want(): () => void;
  stop(): Promise<void>;
}

/** Who has just left comes back for more; only after this is the round under way given up. */
const IDLE_GRACE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Polls for as long as somebody waits, so that no message lies hidden with a process that has no use for it. */
export function createPump(options: PumpOptions): Pump {
  const life = new AbortController();
  let wanting = 0;
  let round = new AbortController();
  let idle: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    let failures = 0;
    while (!life.signal.aborted && !round.signal.aborted) {
      const signal = AbortSignal.any([life.signal, round.signal]);
      try {
        await options.poll(signal);
        failures = 0;
      } catch (error) {
        if (!signal.aborted) {
          failures += 1;
          options.onTrouble(error, failures);
          await wait(Math.min(500 * 2 ** failures, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => undefined);
        }
      }
    }
  }

  function begin(): void {
    clearTimeout(idle);
    if (running === null && !life.signal.aborted) {
      round = new AbortController();
      running = run().finally(() => {
        running = null;
        if (wanting > 0) {
          begin();
        }
      });
    }
  }

  return {
    want() {
      wanting += 1;
      begin();
      return () => {
        wanting -= 1;
        if (wanting === 0) {
          clearTimeout(idle);
          idle = setTimeout(() => round.abort(), IDLE_GRACE_MS);
          idle.unref();
        }
      };
    },
    async stop() {
      life.abort();
      clearTimeout(idle);
      await running;
    },
  };
}
