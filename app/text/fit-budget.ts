/** What fits, in the order it came, and how much did not. */
export interface FittedParts<T> {
  readonly kept: readonly T[];
  readonly dropped: number;
  /** Whether anything was dropped; recorded with the prompt and shown to people. */
  readonly truncated: boolean;
  readonly keptTokens: number;
}

/**
 * Keeps the newest parts that fit a token budget. `parts` come oldest first; the oldest are dropped first, and once one
 * does not fit, nothing older is kept, so that no conversation is shown with a hole in its middle.
 */
export function fitBudget<T>(request: {
  parts: readonly T[];
  sizeOf: (part: T) => number;
  budgetTokens: number;
}): FittedParts<T> {
  const { parts, sizeOf, budgetTokens } = request;
  let first = parts.length;
  let keptTokens = 0;
  while (first > 0) {
    const size = sizeOf(parts[first - 1] as T);
    if (keptTokens + size > budgetTokens) {
      break;
    }
    keptTokens += size;
    first -= 1;
  }
  return { kept: parts.slice(first), dropped: first, truncated: first > 0, keptTokens };
}
