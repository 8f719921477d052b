/**
 * The queue port: hints that a row wants looking at. A wake-up may be lost, repeated or late; losing every one of them
 * loses nothing, because rows carry their own `wake_at` and a slow sweep reads it.
 */
export interface WakeUp {
  /**
   * `inbox`: a delivery to route; `task`: a task to claim or to stop; `report`: something to show; `nudge`: a task
   * changed, for the process that has it in hand, where hints for new work come another way.
   */
  readonly kind: 'inbox' | 'task' | 'report' | 'nudge';
  readonly id: string;
}

export interface Receipt {
  readonly wakeUp: WakeUp;
  /** Keeps the message hidden for another minute, while the work it led to runs. Never rejects. */
  extend(): Promise<void>;
  /** The work it led to is done, or its row has an owner. Never rejects: one that is not gone comes once more. */
  acknowledge(): Promise<void>;
}

export interface Queue {
  send(wakeUp: WakeUp): Promise<void>;
  /** Waits for at least one wake-up of the kinds, or for `signal`; then resolves with what is there (empty when aborted). */
  receive(options: { kinds: readonly WakeUp['kind'][]; max: number; signal: AbortSignal }): Promise<Receipt[]>;
  close(): Promise<void>;
}
