import type { WakeUp } from '../../store/wake-up.ts';
import type { Log } from '../../task/ports/log.ts';
import { ANY_ID, type Mailbox } from '../mailbox.ts';

/** Wake-ups for all rows of a kind follow each other no closer than this; the first is sent at once. */
const PAUSE_MS = 25;

export interface AnnounceOptions {
  readonly send: (wakeUp: WakeUp) => Promise<void>;
  readonly mailbox: Mailbox;
  /** Whether a receiver of this process takes wake-ups of this kind. */
  readonly serves: (kind: WakeUp['kind']) => boolean;
  readonly closing: AbortSignal;
  readonly log: Pick<Log, 'warn'>;
}

/** Sends wake-ups without anyone waiting for it; where that fails, this process looks itself. */
export function createAnnouncer({ closing, log, mailbox, send, serves }: AnnounceOptions): (wakeUp: WakeUp) => void {
  /** Kinds whose wake-up was sent a moment ago, and whether another one is due after the pause. */
  const paused = new Map<WakeUp['kind'], boolean>();

  function sendOrLook(wakeUp: WakeUp): void {
    send(wakeUp).catch((error: unknown) => {
      log.warn('A wake-up could not be sent; this process checks for work itself.', { err: error, kind: wakeUp.kind });
      mailbox.put(wakeUp);
    });
  }

  function sendSpaced(kind: WakeUp['kind']): void {
    if (paused.has(kind)) {
      paused.set(kind, true);
      return;
    }
    paused.set(kind, false);
    sendOrLook({ kind, id: ANY_ID });
    setTimeout(() => {
      const isDue = paused.get(kind);
      paused.delete(kind);
      if (isDue === true && !closing.aborted) {
        sendSpaced(kind);
      }
    }, PAUSE_MS).unref();
  }

  return (wakeUp) => {
    if (wakeUp.kind === 'task') {
      mailbox.put({ kind: 'nudge', id: wakeUp.id });
    }
    if (wakeUp.kind === 'report' && serves('report')) {
      mailbox.put(wakeUp);
    } else if (wakeUp.kind === 'task' && wakeUp.id !== ANY_ID) {
      sendOrLook(wakeUp);
    } else {
      sendSpaced(wakeUp.kind);
    }
  };
}
