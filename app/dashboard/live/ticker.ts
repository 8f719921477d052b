/** When to look again: soon after a ring, and now and then without one. */
export interface Ticker {
  ring(): void;
  /** Resolves with true when it is time, with false once it is closed. */
  next(): Promise<boolean>;
  close(): void;
}

/** Rings during a look or a pause count as one. */
export function createTicker({ everyMs, pauseMs }: { readonly everyMs: number; readonly pauseMs: number }): Ticker {
  let rang = false;
  let closed = false;
  /** Ends the sleep under way; a ring ends only the long one. */
  let sleeping: { readonly kind: 'wait' | 'pause'; readonly end: () => void } | null = null;

  function sleep(kind: 'wait' | 'pause', ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(end, ms);
      timer.unref();
      function end(): void {
        clearTimeout(timer);
        sleeping = null;
        resolve();
      }
      sleeping = { kind, end };
    });
  }

  return {
    ring() {
      rang = true;
      if (sleeping?.kind === 'wait') {
        sleeping.end();
      }
    },
    async next() {
      if (!closed) {
        await sleep('pause', pauseMs);
      }
      if (!rang && !closed) {
        await sleep('wait', everyMs);
      }
      rang = false;
      return !closed;
    },
    close() {
      closed = true;
      sleeping?.end();
    },
  };
}
