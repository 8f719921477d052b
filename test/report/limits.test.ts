import { expect, test } from 'vitest';
import { failure } from '../../app/task/failure.ts';
import type { Task } from '../../app/task/task.ts';
import { makeWait } from './make-facts.ts';
import { createReportHarness } from './report-harness.ts';

test('fifty busy tasks keep every limit of GitHub, and an end is shown within a minute all the same', async () => {
  const harness = await createReportHarness({ secondaryLimits: 'enforce' });
  const reporter = harness.reporter();
  const { clock } = harness.local;
  const startedAt = clock.now();
  const ends = new Map<string, { endedAtMs: number; shownAfterMs: number | null }>();
  const tasks: Task[] = Array.from({ length: 50 }, (_, index) =>
    harness.taskOn(harness.openIssue(), { id: `01TASK${index}`, state: 'RUNNING', epoch: 1, startedAt }),
  );
  let cents = 0;
  while (clock.now().getTime() - startedAt.getTime() < 3_600_000) {
    cents += 1;
    for (const task of tasks.filter(({ id }) => !ends.has(id))) {
      harness.rows.put({ ...task, spentNano: cents * 10_000_000 });
    }
    const ending = cents % 10 === 0 ? tasks.find(({ id }) => !ends.has(id)) : undefined;
    if (ending) {
      harness.rows.put({ ...ending, state: 'FAILED', failure: failure('AGENT_ERROR'), finishedAt: clock.now() });
      ends.set(ending.id, { endedAtMs: clock.now().getTime(), shownAfterMs: null });
    }
    await reporter.runOnce();
    for (const [id, end] of ends) {
      const shown = harness.comments(tasks.find((task) => task.id === id)?.thread.number ?? 0)[0]?.body.includes('❌');
      if (shown && end.shownAfterMs === null) {
        end.shownAfterMs = clock.now().getTime() - end.endedAtMs;
      }
    }
    clock.advance(12_000);
  }
  const { exceeded } = harness.local.limits();
  await harness.close();
  expect(exceeded).toEqual([]);
  const waits = [...ends.values()].map(({ shownAfterMs }) => shownAfterMs ?? Infinity);
  expect(waits.length).toBeGreaterThan(15);
  expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
});

test('lost answers, one after the other, never make a second comment', async () => {
  const harness = await createReportHarness();
  const reporter = harness.reporter();
  const tasks = Array.from({ length: 15 }, (_, index) =>
    harness.taskOn(harness.openIssue(), { id: `01TASK${index}`, wait: makeWait() }),
  );
  harness.local.faults.add({ method: 'POST', path: /\/issues\/\d+\/comments$/, dropResponse: 'after', times: 15 });
  for (const task of tasks) {
    harness.rows.put(task);
  }
  for (let round = 0; round < 40; round += 1) {
    await reporter.runOnce();
    harness.local.clock.advance(30_000);
  }
  const counts = tasks.map(({ thread }) => harness.comments(thread.number).length);
  const shown = tasks.map(({ id }) => harness.rows.row(id)?.reportedRevision);
  await harness.close();
  expect(counts).toEqual(tasks.map(() => 1));
  expect(shown).toEqual(tasks.map(() => 1));
});
