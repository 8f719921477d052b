import { setTimeout as pause } from 'node:timers/promises';

export interface RetryWindow {
  /** When to give up, in milliseconds of `performance.now()`. */
  readonly until: number;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Tries again, with growing pauses, while the door is unavailable. The last failure is the answer when patience ends.
 */
export async function retryDoor<T extends { readonly ok: boolean }>(
  attempt: () => Promise<T>,
  { until, signal, isWorthwhile }: RetryWindow & { isWorthwhile: (failed: T) => boolean },
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    const result = await attempt();
    if (result.ok || !isWorthwhile(result) || signal.aborted || performance.now() + pauseMs > until) {
      return result;
    }
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether git's words say that the door was unavailable or busy, and not that it said no. */
export function wasDoorUnavailable(reason: string): boolean {
  return /Failed to connect|Couldn't connect|Connection (refused|reset)|Empty reply|timed out|returned error: (429|5\d\d)|unexpected disconnect|early EOF|RPC failed|hung up/i.test(
    reason,
  );
}
