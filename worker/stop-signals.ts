/** Everything that can bring an attempt to an end from outside, as two signals. */
export interface StopSignals {
  /** Stop now and keep what there is. */
  readonly stop: AbortSignal;
  /** Come to an end; the reason is a sentence for the agent. */
  readonly wrapUp: AbortSignal;
  /** When the wall clock ends it, in milliseconds of `performance.now()`. */
  readonly windUpAt: number;
  readonly requestStop: (why: StopReason) => void;
  readonly requestWrapUp: (sentence: string) => void;
  readonly whyStopped: () => StopReason | null;
  readonly dispose: () => void;
}

/** `gone`: the door knows this attempt no more, so nothing done from here on counts. */
export type StopReason = 'order' | 'signal' | 'deadline' | 'gone';

const LONGEST_WIND_UP_MS = 60_000;
const TIME_SENTENCE =
  'The time for this task is nearly used up. Leave the files in a good state and call finish now, with what is left to do in the summary.';

/**
 * One minute of the attempt, or a tenth of a short one, is kept for saving the work. SIGTERM is how compute asks; a second
 * one changes nothing.
 */
export function createStopSignals(timeoutMs: number): StopSignals {
  const stop = new AbortController();
  const wrapUp = new AbortController();
  let why: StopReason | null = null;
  const reserveMs = Math.min(LONGEST_WIND_UP_MS, timeoutMs / 10);
  const startedAt = performance.now();
  const timers = [
    setTimeout(() => requestStop('deadline'), timeoutMs - reserveMs),
    setTimeout(() => requestWrapUp(TIME_SENTENCE), (timeoutMs - reserveMs) * 0.9),
  ];
  function requestStop(reason: StopReason): void {
    why ??= reason;
    stop.abort();
  }
  function requestWrapUp(sentence: string): void {
    wrapUp.abort(sentence);
  }
  function onTerminate(): void {
    requestStop('signal');
  }
  process.on('SIGTERM', onTerminate);
  return {
    stop: stop.signal,
    wrapUp: wrapUp.signal,
    windUpAt: startedAt + timeoutMs - reserveMs,
    requestStop,
    requestWrapUp,
    whyStopped: () => why,
    dispose: () => {
      timers.forEach((timer) => clearTimeout(timer));
      process.off('SIGTERM', onTerminate);
    },
  };
}
