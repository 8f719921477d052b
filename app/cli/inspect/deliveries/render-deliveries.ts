import type { DeadLetter } from '../../../queue/sqs/dead-letters.ts';
import type { DeliveryFacts } from '../../../store/stores.ts';
import type { Output } from '../../output.ts';
import { printable } from '../../printable.ts';
import { renderColumns } from '../render-columns.ts';

const LONGEST = 60;

/** A line for each delivery, with what became of it. */
export function renderDeliveries(deliveries: readonly DeliveryFacts[], output: Output): string {
  const rows = deliveries.map((delivery) => [
    { text: printable(delivery.id) },
    { text: printable(delivery.event) },
    { text: delivery.state, ...(delivery.state === 'parked' ? { paint: output.bad } : {}) },
    { text: minuteOf(delivery.receivedAt) },
    { text: shorten(delivery.note ?? '') },
  ]);
  return renderColumns([head(['DELIVERY', 'EVENT', 'STATE', 'RECEIVED (UTC)', 'NOTE'], output), ...rows]);
}

/** A line for each dead letter, with why it is one. */
export function renderDeadLetters(letters: readonly DeadLetter[], output: Output): string {
  const rows = letters.map((letter) => [
    { text: printable(letter.id) },
    { text: letter.reason },
    { text: letter.readable ? 'yes' : 'no' },
    { text: letter.sentAt === null ? '' : minuteOf(letter.sentAt) },
    { text: shorten(letter.body) },
  ]);
  return renderColumns([head(['MESSAGE', 'REASON', 'REDRIVABLE', 'SENT (UTC)', 'BODY'], output), ...rows]);
}

function head(titles: readonly string[], output: Output): { text: string; paint: Output['quiet'] }[] {
  return titles.map((text) => ({ text, paint: output.quiet }));
}

function minuteOf(date: Date): string {
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

function shorten(text: string): string {
  const characters = Array.from(printable(text));
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}…` : characters.join('');
}
