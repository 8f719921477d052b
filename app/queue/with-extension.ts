import type { Receipt } from './queue.ts';

/** Well before the minute for which a queue hides what it gave. */
const EXTEND_EVERY_MS = 20_000;

/**
 * Does the work that wake-ups led to and acknowledges them after it; until then they stay hidden from others. When the
 * work fails they are left to come again.
 */
export async function withExtension<T>(receipts: readonly Receipt[], work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    void Promise.all(receipts.map((receipt) => receipt.extend()));
  }, EXTEND_EVERY_MS);
  try {
    const result = await work();
    await Promise.all(receipts.map((receipt) => receipt.acknowledge()));
    return result;
  } finally {
    clearInterval(timer);
  }
}
