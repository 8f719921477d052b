/** Same shape as the queue's wake-ups; the stores may not import the queue. */
export interface WakeUp {
  readonly kind: 'inbox' | 'task' | 'report';
  readonly id: string;
}
