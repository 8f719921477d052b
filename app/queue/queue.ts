/**
 * The queue port: hints that a row wants looking at. A wake-up may be lost, repeated or late; losing every one of them
 * loses nothing, because rows carry their own `wake_at` and a slow sweep reads it.
 */
export interface WakeUp {
  /** `inbox`: a delivery to route; `task`: a task to claim or to stop; `report`: something to show. */
  readonly kind: 'inbox' | 'task' | 'report';
  readonly id: string;
}

export interface Receipt {
  readonly wakeUp: WakeUp;
  /** Keeps the message hidden while a long step runs. */
  extend(): Promise<void>;
  acknowledge(): Promise<void>;
}

export interface Queue {
  send(wakeUp: WakeUp): Promise<void>;
  /** Waits for at least one wake-up of the kinds, or for `signal`; then resolves with what is there (empty when aborted). */
  receive(options: { kinds: readonly WakeUp['kind'][]; max: number; signal: AbortSignal }): Promise<Receipt[]>;
  close(): Promise<void>;
}
