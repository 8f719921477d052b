import type { Log } from '../../task/ports/log.ts';
import { randomUUID } from 'node:crypto';
import type { Database } from '../../store/database.ts';
import type { Mailbox } from '../mailbox.ts';
import { parseNotice, WAKE_CHANNEL } from '../notice.ts';

export interface Nudges {
  stop(): Promise<void>;
}

/** A notice to oneself takes a few milliseconds. */
const PROBE_MS = 2_000;

/**
 * Hears by NOTIFY of tasks that changed, for their owner, and of what wants showing. New work comes as a message. A
 * pooler between us and PostgreSQL may refuse LISTEN or take it and deliver nothing, so a notice to ourselves is tried;
 * without notices a stop or the end of a worker is seen a little later.
 */
export async function listenForNudges(
  database: Pick<Database, 'query' | 'listen'>,
  to: { mailbox: Mailbox; onNotice: () => void; log: Pick<Log, 'warn'> },
): Promise<Nudges> {
  const probe = `probe-${randomUUID()}`;
  let heard: (() => void) | null = null;
  function onNotice(payload: string | null): void {
    const wakeUp = payload === null ? null : parseNotice(payload);
    if (payload === null) {
      to.mailbox.putAny();
    } else if (wakeUp?.id === probe) {
      heard?.();
    } else if (wakeUp?.kind === 'task') {
      to.mailbox.put({ kind: 'nudge', id: wakeUp.id });
    } else if (wakeUp?.kind === 'report' || wakeUp?.kind === 'nudge') {
      to.mailbox.put(wakeUp);
    }
    to.onNotice();
  }
  try {
    const subscription = await database.listen(WAKE_CHANNEL, onNotice);
    const arrived = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), PROBE_MS);
      heard = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    await database.query({
      name: 'queue-probe',
      text: 'select pg_notify($1, $2)',
      values: [WAKE_CHANNEL, JSON.stringify({ kind: 'nudge', id: probe })],
    });
    if (!(await arrived)) {
      to.log.warn('Notifications of the database do not arrive (a pooler?); Bosun continues without them.');
    }
    return subscription;
  } catch (error) {
    to.log.warn('LISTEN does not work with this database; Bosun continues without it.', { err: error });
    return { stop: () => Promise.resolve() };
  }
}
