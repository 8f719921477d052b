/** Same shape as the queue's wake-ups; the stores may not import the queue. */
export interface WakeUp {
  readonly kind: 'inbox' | 'task' | 'report';
  /** Of the row to look at; `*` for any of the kind. */
  readonly id: string;
}

/** Told of a row that someone should look at. A hint: it may be lost, and nothing waits for it. */
export type Wake = (wakeUp: WakeUp) => void;
