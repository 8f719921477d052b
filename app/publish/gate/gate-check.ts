import type { Withheld } from '../../task/outcome.ts';
import type { Change, GateContext, GateFacts, GatePolicy } from './gate-facts.ts';

interface Told {
  readonly code: string;
  /** `block`: it cannot leave. `hold`: a person looks first, and may release it. */
  readonly outcome: 'block' | 'hold';
  /** Why, for the documentation. */
  readonly because: string;
}

/** Looks at one changed file; asked of the result and of every commit on the way. */
export interface ChangeCheck extends Told {
  /** What is wrong and what to do; null when nothing is. */
  readonly find: (change: Change, policy: GatePolicy) => string | null;
}

/** Looks at the work as a whole. */
export interface WorkCheck extends Told {
  readonly find: (facts: GateFacts & GateContext, policy: GatePolicy) => readonly Omit<Withheld, 'code'>[];
}

/** A finding about the whole work. */
export function whole(message: string): Omit<Withheld, 'code'> {
  return { path: null, message };
}
