import type { Verdict } from '../../task/outcome.ts';

/** A minute first, then four times as long, at most half an hour; about two hours in all. */
const FIRST_MS = 60_000;
const LONGEST_MS = 30 * 60_000;
const MOST_WAITS = 6;

/**
 * An attempt that ended because the provider did not answer is no failure of the task: its work is kept, and it waits
 * and continues on its own. After the last wait in a row it is parked for a person, who begins a new row by resuming
 * it. A key that the provider refuses is waited for without end, because the server watches it. Every other verdict
 * stays. `waits` are those so far, `jitter` is 0 to 1. `wakeAt` null leaves the time to the parking.
 */
export function decideModelWait(
  verdict: Verdict,
  facts: {
    readonly waits: number;
    readonly now: Date;
    readonly jitter: number;
    /** Why no attempt can begin, while the provider refuses the key of the server. */
    readonly keyRefused: string | null;
  },
): { readonly verdict: Verdict; readonly wakeAt: Date | null } {
  const code = verdict.to === 'FAILED' ? verdict.failure.code : null;
  const { keyRefused, waits } = facts;
  if (code === 'MODEL_AUTH' && keyRefused !== null) {
    const { outcome } = verdict;
    const wakeAt = new Date(facts.now.getTime() + Math.round(FIRST_MS * (0.5 + facts.jitter / 2)));
    return { verdict: { to: 'SUBMITTED', outcome, reason: 'model', note: keyRefused }, wakeAt };
  }
  if (code !== 'MODEL_UNAVAILABLE') {
    return { verdict, wakeAt: null };
  }
  const { outcome } = verdict;
  if (waits >= MOST_WAITS) {
    const note = `The model provider did not answer in ${waits + 1} attempts. The work is kept; \`/resume\` continues from it.`;
    return { verdict: { to: 'SUBMITTED', outcome, reason: 'human', note }, wakeAt: null };
  }
  const full = Math.min(LONGEST_MS, FIRST_MS * 4 ** waits);
  const wakeAt = new Date(facts.now.getTime() + Math.round(full * (0.5 + facts.jitter / 2)));
  const note = 'The model provider does not answer. The work is kept, and the task continues from it.';
  return { verdict: { to: 'SUBMITTED', outcome, reason: 'model', note }, wakeAt };
}
