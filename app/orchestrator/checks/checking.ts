import type { Attempt } from '../../task/attempt.ts';
import type { ChecksAsked } from '../../task/checks/decide-checks.ts';
import type { SessionEnd } from '../../task/outcome.ts';
import type { Task } from '../../task/task.ts';
import type { OrchestratorContext, StepSignals } from '../context.ts';

/** The work was checked as far as it can be; someone or a clock ended the attempt; or this process has no part in it any more. */
export type WorkChecked =
  | { readonly kind: 'checked' }
  | { readonly kind: 'stopped'; readonly why: Extract<SessionEnd, { kind: 'stopped' }>['why'] }
  | { readonly kind: 'left' };

export interface Checking {
  readonly task: Task;
  readonly attempt: Attempt;
  readonly context: OrchestratorContext;
  readonly signals: StepSignals;
  readonly asked: ChecksAsked;
}
