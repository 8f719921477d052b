import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewOutboxItem } from '../../app/store/stores.ts';
import { NAME, createReportWorld } from './report-world.ts';
import type { ReportWorld } from './report-world.ts';

let world: ReportWorld;
let number: number;

beforeEach(async () => {
  world = await createReportWorld();
  number = world.openIssue();
});

afterEach(async () => {
  await world.close();
});

function item(message: NewOutboxItem['message'], key = 'k1'): NewOutboxItem {
  return {
    key,
    installationId: world.installationId,
    repository: world.ref,
    thread: { number, kind: 'issue' },
    message,
  };
}

async function deliver(message: NewOutboxItem['message'], rounds = 1): Promise<void> {
  await world.desk.stores.outbox.add([item(message)], world.local.clock.now());
  const reporter = world.reporter();
  for (let round = 0; round < rounds; round += 1) {
    await reporter.runOnce();
    world.local.clock.advance(61_000);
  }
}

describe('a message', () => {
  test('is a reaction on a comment or on the thread', async () => {
    const asked = world.local.comment({ repository: NAME, number }, { as: 'alice', body: '/implement' });
    await world.desk.stores.outbox.add(
      [
        item({ kind: 'reaction', target: { commentId: asked.id }, content: 'eyes' }, 'a'),
        item({ kind: 'reaction', target: 'thread', content: '+1' }, 'b'),
      ],
      world.local.clock.now(),
    );
    await world.reporter().runOnce();
    const reactions = world.local.requests.filter(({ path }) => path.endsWith('/reactions'));
    expect(reactions.map(({ path, status }) => [path, status])).toEqual([
      [`/repos/octo/demo/issues/comments/${asked.id}/reactions`, 201],
      [`/repos/octo/demo/issues/${number}/reactions`, 201],
    ]);
    expect(world.desk.message('a')?.settled?.note).toBe('delivered');
  });

  test('is a reply, said once', async () => {
    await deliver({ kind: 'reply', body: 'Only people with write access may do that.' }, 3);
    expect(world.comments(number)).toHaveLength(1);
    expect(world.comments(number)[0]?.body).toMatch(/^<!-- bosun:reply-[0-9a-f]{20}:[0-9a-f]{40} -->\nOnly people/);
    expect(world.desk.message('k1')?.settled?.externalId).toBe(String(world.comments(number)[0]?.id));
  });

  test.each(['before', 'after'] as const)(
    'is said once, also when the connection is cut %s GitHub did it',
    async (dropResponse) => {
      world.local.faults.add({ method: 'POST', path: /\/comments$/, dropResponse });
      await deliver({ kind: 'reply', body: 'Hello' }, 3);
      expect(world.comments(number)).toHaveLength(1);
      expect(world.desk.message('k1')?.settled?.note).toBe('delivered');
    },
  );

  test('is given up when nobody can be told', async () => {
    world.local.lockIssue({ repository: NAME, number }, { as: 'octo' });
    await deliver({ kind: 'reply', body: 'Hello' });
    expect(world.desk.message('k1')?.settled?.note).toMatch(/^given up: forbidden/);
  });

  test('waits while GitHub is down, and is given up after a day', async () => {
    world.local.faults.add({ method: 'POST', path: /\/comments$/, times: Infinity, status: 502 });
    await deliver({ kind: 'reply', body: 'Hello' }, 5);
    expect(world.desk.message('k1')?.settled).toBeNull();
    world.local.clock.advance(86_400_000);
    await world.reporter().runOnce();
    expect(world.desk.message('k1')?.settled?.note).toMatch(/^given up: unavailable/);
  });
});
