import { expect, inject, test } from 'vitest';
import { borrowDatabase } from '../crash/borrow-database.ts';
import { repeatDeliveries } from './repeat-deliveries.ts';
import { runSoak } from './run-soak.ts';

// What `npm run soak` does in full.

test(
  'tasks on two machines under random SIGKILL: nothing lost, double, stuck or left',
  { timeout: 400_000 },
  async () => {
    const result = await borrowDatabase(inject('databaseServer'), (connection) =>
      runSoak(connection, { tasks: 10, kills: 3, seed: 7 }),
    );
    expect(result).toMatchObject({
      kills: 3,
      losses: { lost: [], double: [], stuck: [], orphans: [], broken: [] },
    });
  },
);

test('a thousand repeated deliveries make no task more', { timeout: 200_000 }, async () => {
  const result = await borrowDatabase(inject('databaseServer'), (connection) =>
    repeatDeliveries(connection, { deliveries: 1_000, callers: 100, commands: 10 }),
  );
  expect(result).toMatchObject({ tasks: 10, fresh: 500, refused: 0, faults: [] });
});
