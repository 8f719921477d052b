import { randomUUID } from 'node:crypto';
import { ANY_ID } from '../mailbox.ts';
import { encodeHint } from './message.ts';
import { createSqsMessages, type Redrive, type SqsPlace } from './sqs-messages.ts';
import { explainSqsProblem, type SqsProblem } from './sqs-problem.ts';

export type SqsProbe =
  | { readonly ok: true; readonly redrive: Redrive | null }
  | { readonly ok: false; readonly problem: SqsProblem };

/** No queue ever gave this out: the right to use it is checked, and nothing happens. */
const NO_RECEIPT = 'bosun-probe';

/**
 * Tries what Bosun does with the queue. It sends a real hint ("look whether there is work"), which is harmless at any
 * time, and looks at one message without hiding it; that one counts as received once more.
 */
export async function probeSqs(place: SqsPlace): Promise<SqsProbe> {
  const messages = createSqsMessages({ ...place, maxAttempts: place.maxAttempts ?? 2 });
  let redrive: Redrive | null = null;
  const hint = encodeHint({ wakeUp: { kind: 'task', id: ANY_ID }, hops: 0 }, randomUUID());
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'sqs:GetQueueAttributes',
      async () => {
        redrive = await messages.readRedrive();
      },
    ],
    ['sqs:SendMessage', () => messages.send([hint])],
    ['sqs:ReceiveMessage', () => messages.receive({ max: 1, waitSeconds: 0, hiddenSeconds: 0 })],
    ['sqs:ChangeMessageVisibility', () => messages.hide([NO_RECEIPT], 0)],
    ['sqs:DeleteMessage', () => messages.remove([NO_RECEIPT])],
  ];
  try {
    for (const [right, run] of steps) {
      try {
        await run();
      } catch (error) {
        return { ok: false, problem: explainSqsProblem(error, place, right) };
      }
    }
    return { ok: true, redrive };
  } finally {
    messages.close();
  }
}
