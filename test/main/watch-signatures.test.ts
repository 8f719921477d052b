import { expect, test } from 'vitest';
import { createNotices } from '../../app/main/listen/notices.ts';
import { watchSignatures } from '../../app/main/listen/watch-signatures.ts';

test('a wrong secret is logged now and then and noted until a delivery arrives', () => {
  const notices = createNotices();
  const logged: string[] = [];
  let now = Date.parse('2026-11-21T10:00:00Z');
  const watch = watchSignatures({
    notices,
    log: { warn: (message: string) => void logged.push(message) },
    clock: { now: () => new Date(now) },
  });
  watch.take(400);
  expect(notices.read().notes).toEqual([]);
  for (let count = 0; count < 100; count += 1) {
    watch.take(401);
  }
  expect(logged).toEqual([expect.stringContaining('WEBHOOK_SECRET')]);
  expect(notices.read()).toEqual({ problem: null, notes: [expect.stringContaining('WEBHOOK_SECRET')] });
  now += 10 * 60_000;
  watch.take(401);
  expect(logged).toHaveLength(2);
  watch.take(202);
  expect(notices.read().notes).toEqual([]);
});
