export interface ReapingFacts {
  /** Attempts that somebody has in progress, over all processes. */
  readonly live: number;
  /** Those among them whose lease has expired or whose worker is silent. */
  readonly stale: number;
  /** When reaping was paused for what still continues; null when it was not. */
  readonly pausedSince: Date | null;
  readonly longestPauseMs: number;
}

export type ReapingDecision =
  | { readonly do: 'reap'; readonly pausedSince: Date | null }
  | { readonly do: 'pause'; readonly pausedSince: Date };

const MASS_SHARE = 0.3;
const MASS_COUNT = 3;

/**
 * Whether what looks dead may be ended. One worker dies on its own; when many seem to die at once it is the database,
 * the network or a clock that failed, and ending them would throw healthy work away. So it waits until they are heard
 * again, but not for ever: a machine may have gone with all it had. After the longest pause it continues until things
 * have been calm once.
 */
export function decideReaping(facts: ReapingFacts, now: Date): ReapingDecision {
  const isMass = facts.stale >= MASS_COUNT && facts.stale > MASS_SHARE * facts.live;
  if (!isMass) {
    return { do: 'reap', pausedSince: null };
  }
  const pausedSince = facts.pausedSince ?? now;
  const isOver = now.getTime() - pausedSince.getTime() >= facts.longestPauseMs;
  return isOver ? { do: 'reap', pausedSince } : { do: 'pause', pausedSince };
}
