/**
 * A guess at how long a task waits: its place in the queue times the usual duration, shared by what runs side by side.
 * Null without any history.
 */
export function estimateWait(facts: {
  position: number;
  running: number;
  durationsMs: readonly number[];
}): number | null {
  if (facts.durationsMs.length === 0) {
    return null;
  }
  const total = facts.durationsMs.reduce((sum, durationMs) => sum + durationMs, 0);
  const usualMs = total / facts.durationsMs.length;
  return Math.round((usualMs * facts.position) / Math.max(1, facts.running));
}
