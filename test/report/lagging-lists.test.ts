import { expect, test } from 'vitest';
import { createReportHarness } from './report-harness.ts';

test.each(['after', 'before'] as const)(
  'an answer cut off %s the act makes one comment and one reply, though lists lag by ten seconds',
  async (dropResponse) => {
    const harness = await createReportHarness();
    harness.local.setListingLag(10_000);
    const number = harness.openIssue();
    harness.local.faults.add({ method: 'POST', path: /\/issues\/\d+\/comments$/, dropResponse, times: 2 });
    harness.rows.put(harness.taskOn(number, { id: '01TASK', state: 'FAILED' }));
    await harness.rows.stores.outbox.add(
      [
        {
          key: 'a reply',
          installationId: harness.installationId,
          repository: harness.ref,
          thread: { number, kind: 'issue' },
          message: { kind: 'reply', body: 'Here it stands.' },
        },
      ],
      harness.local.clock.now(),
    );
    const reporter = harness.reporter();
    for (let round = 0; round < 30; round += 1) {
      await reporter.runOnce();
      harness.local.clock.advance(2_000);
    }
    const bodies = harness.comments(number).map(({ body }) => body);
    await harness.close();
    expect(bodies.filter((body) => body.includes('Here it stands.'))).toHaveLength(1);
    expect(bodies).toHaveLength(2);
  },
);
