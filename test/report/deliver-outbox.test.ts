import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewOutboxItem } from '../../app/store/stores.ts';
import { NAME, createReportHarness } from './report-harness.ts';
import type { ReportHarness } from './report-harness.ts';

let harness: ReportHarness;
let number: number;

beforeEach(async () => {
  harness = await createReportHarness();
  number = harness.openIssue();
});

afterEach(async () => {
  await harness.close();
});

function item(message: NewOutboxItem['message'], key = 'k1'): NewOutboxItem {
  return {
    key,
    installationId: harness.installationId,
    repository: harness.ref,
    thread: { number, kind: 'issue' },
    message,
  };
}

async function deliver(message: NewOutboxItem['message'], rounds = 1): Promise<void> {
  await harness.rows.stores.outbox.add([item(message)], harness.local.clock.now());
  const reporter = harness.reporter();
  for (let round = 0; round < rounds; round += 1) {
    await reporter.runOnce();
    harness.local.clock.advance(61_000);
  }
}

describe('a message', () => {
  test('is a reaction on a comment or on the thread', async () => {
    const asked = harness.local.comment({ repository: NAME, number }, { as: 'alice', body: '/implement' });
    await harness.rows.stores.outbox.add(
      [
        item({ kind: 'reaction', target: { commentId: asked.id }, content: 'eyes' }, 'a'),
        item({ kind: 'reaction', target: 'thread', content: '+1' }, 'b'),
      ],
      harness.local.clock.now(),
    );
    await harness.reporter().runOnce();
    const reactions = harness.local.requests.filter(({ path }) => path.endsWith('/reactions'));
    expect(reactions.map(({ path, status }) => [path, status])).toEqual([
      [`/repos/octo/demo/issues/comments/${asked.id}/reactions`, 201],
      [`/repos/octo/demo/issues/${number}/reactions`, 201],
    ]);
    expect(harness.rows.message('a')?.settled?.note).toBe('delivered');
  });

  test('is a reply, sent once', async () => {
    await deliver({ kind: 'reply', body: 'Only people with write access may do that.' }, 3);
    expect(harness.comments(number)).toHaveLength(1);
    expect(harness.comments(number)[0]?.body).toMatch(/^<!-- bosun:reply-[0-9a-f]{20}:[0-9a-f]{40} -->\nOnly people/);
    expect(harness.rows.message('k1')?.settled?.externalId).toBe(String(harness.comments(number)[0]?.id));
  });

  test.each(['before', 'after'] as const)(
    'is sent once, also when the connection is cut %s GitHub did it',
    async (dropResponse) => {
      harness.local.faults.add({ method: 'POST', path: /\/comments$/, dropResponse });
      await deliver({ kind: 'reply', body: 'Hello' }, 3);
      expect(harness.comments(number)).toHaveLength(1);
      expect(harness.rows.message('k1')?.settled?.note).toBe('delivered');
    },
  );

  test('is given up when nobody would see it', async () => {
    harness.local.lockIssue({ repository: NAME, number }, { as: 'octo' });
    await deliver({ kind: 'reply', body: 'Hello' });
    expect(harness.rows.message('k1')?.settled?.note).toMatch(/^given up: forbidden/);
  });

  test('waits while GitHub is down, and is given up after a day', async () => {
    harness.local.faults.add({ method: 'POST', path: /\/comments$/, times: Infinity, status: 502 });
    await deliver({ kind: 'reply', body: 'Hello' }, 5);
    expect(harness.rows.message('k1')?.settled).toBeNull();
    harness.local.clock.advance(86_400_000);
    await harness.reporter().runOnce();
    expect(harness.rows.message('k1')?.settled?.note).toMatch(/^given up: unavailable/);
  });
});
