import type { StopRequest } from '../../task/task.ts';
import { login } from './escape-text.ts';

const EVENTS = { closed: 'closed the issue', unlabeled: 'removed the label that started it' };

/** Who stopped a task, and by doing what; goes behind `Cancelled`. */
export function renderStopCause({ by, event }: Pick<StopRequest, 'by' | 'event'>): string {
  const who = login(by.login);
  return event === undefined ? ` by ${who}` : `, because ${who} ${EVENTS[event]}`;
}
