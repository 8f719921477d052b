import { parentPort, workerData } from 'node:worker_threads';
import { doTextJob, type TextJob } from '../../text/bounded/text-work.ts';
import { createRedactor } from '../../text/redact.ts';

export type ToThread =
  | { readonly kind: 'job'; readonly job: TextJob }
  | { readonly kind: 'add' | 'forget'; readonly secret: string };

/** The other side of `createTextPool`: one job at a time, answered or ended from outside. */
const redactor = createRedactor(workerData as readonly string[]);
const port = parentPort;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
port?.postMessage('ready');

port?.on('message', (message: ToThread) => {
  if (message.kind === 'job') {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    port.postMessage(doTextJob(message.job, redactor));
  } else {
    redactor[message.kind](message.secret);
  }
});
