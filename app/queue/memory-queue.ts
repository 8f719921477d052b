import { createAlarm, type AlarmOptions } from './alarm.ts';
import { createMailbox } from './mailbox.ts';
import type { Queue } from './queue.ts';

/** The queue inside one process: for the Action, and for the simulation. With `alarm` it also keeps the timer of rows. */
export function createMemoryQueue(
  options: { alarm?: Omit<AlarmOptions, 'ring' | 'onTrouble'> & Partial<Pick<AlarmOptions, 'onTrouble'>> } = {},
): Queue {
  const mailbox = createMailbox();
  const alarm =
    options.alarm === undefined
      ? null
      : createAlarm({ onTrouble: () => undefined, ...options.alarm, ring: () => mailbox.putAny() });

  return {
    send: async (wakeUp) => {
      mailbox.put(wakeUp);
      alarm?.rearm();
    },
    receive: async (request) => {
      alarm?.rearm();
      return mailbox.receive(request);
    },
    close: async () => {
      alarm?.stop();
      mailbox.close();
    },
  };
}
