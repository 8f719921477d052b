import { expect, test } from 'vitest';
import { createReportWorld } from './report-world.ts';

test.each(['after', 'before'] as const)(
  'an answer cut off %s the act makes one comment and one reply, though lists lag by ten seconds',
  async (dropResponse) => {
    const world = await createReportWorld();
    world.local.setListingLag(10_000);
    const number = world.openIssue();
    world.local.faults.add({ method: 'POST', path: /\/issues\/\d+\/comments$/, dropResponse, times: 2 });
    world.desk.put(world.taskOn(number, { id: '01TASK', state: 'FAILED' }));
    await world.desk.stores.outbox.add(
      [
        {
          key: 'a reply',
          installationId: world.installationId,
          repository: world.ref,
          thread: { number, kind: 'issue' },
          message: { kind: 'reply', body: 'Here it stands.' },
        },
      ],
      world.local.clock.now(),
    );
    const reporter = world.reporter();
    for (let round = 0; round < 30; round += 1) {
      await reporter.runOnce();
      world.local.clock.advance(2_000);
    }
    const bodies = world.comments(number).map(({ body }) => body);
    await world.close();
    expect(bodies.filter((body) => body.includes('Here it stands.'))).toHaveLength(1);
    expect(bodies).toHaveLength(2);
  },
);
