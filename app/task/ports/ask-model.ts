import type { NanoUsd } from '../task.ts';

/** What a call of Bosun's own to a model is for; each has its own line of cost. */
export type CallPurpose = 'judge' | 'lessons' | 'readiness';

/** What a request to a model is for; `work` is the agent's own. */
export type SpendPurpose = 'work' | CallPurpose;

export interface ModelQuestion {
  readonly taskId: string;
  readonly epoch: number;
  readonly purpose: CallPurpose;
  readonly system: string;
  /** What people, repositories and programs wrote, fenced as data. */
  readonly user: string;
  /** JSON schema that the answer has to match. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Most that this call may cost; it comes out of what the task has reserved. */
  readonly capNano: NanoUsd;
}

/** An answer, or why there is none. Only `answered` is evidence of anything. */
export type ModelAnswer =
  | { readonly kind: 'answered'; readonly value: unknown; readonly model: string; readonly costNano: NanoUsd }
  | {
      readonly kind: 'no_money' | 'unavailable' | 'invalid';
      /** One sentence for people. */
      readonly reason: string;
      readonly costNano: NanoUsd;
    };

/** Asks a model something about a task: priced, reserved and recorded like the agent's own calls. */
export type AskModel = (question: ModelQuestion) => Promise<ModelAnswer>;
