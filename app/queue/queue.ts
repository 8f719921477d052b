import type { WakeUp } from '../store/wake-up.ts';

export interface Receipt {
  readonly wakeUp: WakeUp;
  /** Keeps the message hidden for another minute, while the work it led to runs. Never rejects. */
  extend(): Promise<void>;
  /** The work it led to is done, or its row has an owner. Never rejects: one that is not gone comes once more. */
  acknowledge(): Promise<void>;
}

/**
 * The queue port: hints that a row wants looking at. Losing every wake-up loses nothing, because rows carry their own
 * `wake_at` and a slow sweep reads it.
 */
export interface Queue {
  send(wakeUp: WakeUp): Promise<void>;
  /** Waits for at least one wake-up of the kinds, or for `signal`; then resolves with what is there (empty when aborted). */
  receive(options: { kinds: readonly WakeUp['kind'][]; max: number; signal: AbortSignal }): Promise<Receipt[]>;
  close(): Promise<void>;
}
