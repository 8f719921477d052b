import { afterEach, expect, test } from 'vitest';

import type { Queue, Receipt } from '../../app/queue/queue.ts';
import type { WakeUp } from '../../app/store/wake-up.ts';

const EVERY_KIND = ['inbox', 'task', 'report'] as const;

/** What every implementation of the queue port does. `create` gives one on an empty stock. */
export function testQueue(create: () => Queue | Promise<Queue>): void {
  let queue: Queue | null = null;

  afterEach(async () => {
    await queue?.close();
    queue = null;
  });

  /** An implementation may begin with "look at everything", which covers what was sent before; that is taken first. */
  async function open(): Promise<Queue> {
    queue = await create();
    await queue.send({ kind: 'task', id: 'first' });
    await receive(queue, { kinds: EVERY_KIND });
    return queue;
  }

  test('delivers a wake-up to someone who waits for its kind', async () => {
    const queue = await open();
    const received = receive(queue, { kinds: ['task'] });
    await queue.send({ kind: 'task', id: 't1' });
    expect(wakeUpsOf(await received)).toEqual([{ kind: 'task', id: 't1' }]);
  });

  test('keeps a wake-up until someone asks for it', async () => {
    const queue = await open();
    await queue.send({ kind: 'report', id: 't1' });
    expect(wakeUpsOf(await receive(queue, { kinds: ['report'] }))).toEqual([{ kind: 'report', id: 't1' }]);
  });

  test('gives nobody a kind they did not ask for', async () => {
    const queue = await open();
    const abort = new AbortController();
    const received = receive(queue, { kinds: ['inbox'], signal: abort.signal });
    await queue.send({ kind: 'task', id: 't1' });
    expect(idsOf(await receive(queue, { kinds: ['task'] }))).toEqual(['t1']);
    abort.abort();
    expect(await received).toEqual([]);
  });

  test('gives no more than asked for, and the rest next time', async () => {
    const queue = await open();
    const ids = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(ids.map((id) => queue.send({ kind: 'task', id })));
    const seen: string[] = [];
    while (seen.length < ids.length) {
      const receipts = await receive(queue, { kinds: ['task'], max: 2 });
      expect(receipts.length).toBeLessThanOrEqual(2);
      await Promise.all(receipts.map((receipt) => receipt.acknowledge()));
      seen.push(...idsOf(receipts));
    }
    expect(seen.sort()).toEqual(ids);
  });

  test('resolves empty when the signal aborts, before or while waiting', async () => {
    const queue = await open();
    const abort = new AbortController();
    const received = receive(queue, { kinds: ['task'], signal: abort.signal });
    abort.abort();
    expect(await received).toEqual([]);
    expect(await receive(queue, { kinds: ['task'], signal: abort.signal })).toEqual([]);
  });

  test('a receiver that was stopped does not take a wake-up with it', async () => {
    const queue = await open();
    const abort = new AbortController();
    const stopped = receive(queue, { kinds: ['task'], signal: abort.signal });
    const other = receive(queue, { kinds: ['task'] });
    const sent = queue.send({ kind: 'task', id: 't1' });
    abort.abort();
    await sent;
    const first = await stopped;
    if (first.length === 0) {
      expect(idsOf(await other)).toEqual(['t1']);
    } else {
      expect(idsOf(first)).toEqual(['t1']);
      await queue.send({ kind: 'task', id: 't2' });
      await other;
    }
  });

  test('carries ids as they are', async () => {
    const queue = await open();
    const id = `quote " backslash \\ newline \n unicode ü`;
    await queue.send({ kind: 'inbox', id });
    expect(idsOf(await receive(queue, { kinds: ['inbox'] }))).toEqual([id]);
  });

  test('a receipt may be extended and acknowledged, more than once', async () => {
    const queue = await open();
    await queue.send({ kind: 'task', id: 't1' });
    const [receipt] = await receive(queue, { kinds: ['task'] });
    await receipt?.extend();
    await receipt?.acknowledge();
    await receipt?.acknowledge();
    expect(receipt?.wakeUp.id).toBe('t1');
  });

  test('closing lets everyone who waits go; receiving afterwards is an error', async () => {
    const queue = await open();
    const received = receive(queue, { kinds: ['task'] });
    await queue.close();
    expect(await received).toEqual([]);
    await expect(receive(queue, { kinds: ['task'] })).rejects.toThrow(/closed/);
  });
}

function receive(
  queue: Queue,
  options: { kinds: readonly WakeUp['kind'][]; max?: number; signal?: AbortSignal },
): Promise<Receipt[]> {
  return queue.receive({ max: 10, signal: new AbortController().signal, ...options });
}

function wakeUpsOf(receipts: readonly Receipt[]): WakeUp[] {
  return receipts.map((receipt) => receipt.wakeUp);
}

function idsOf(receipts: readonly Receipt[]): string[] {
  return receipts.map((receipt) => receipt.wakeUp.id);
}
