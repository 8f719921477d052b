import { expect, inject, test } from 'vitest';
import { borrowDatabase } from '../crash/borrow-database.ts';
import { findFaults } from '../crash/find-faults.ts';
import type { Journey } from '../crash/journeys.ts';
import { openMachine, REPOSITORY } from '../crash/open-machine.ts';
import { startCrashingBosun } from '../crash/start-crashing-bosun.ts';

test('on SIGTERM while a worker runs, its work is saved first, and the next Bosun continues from there', async () => {
  let isLater = false;
  const journey: Journey = {
    name: 'restart',
    model: ({ turn }) => {
      if (turn === 0) {
        const command = isLater ? 'cat HALF.md && echo done > DONE.md' : 'echo half > HALF.md';
        return { toolUse: [{ name: 'bash', input: { command } }] };
      }
      return isLater ? { text: 'Done.' } : { fault: 'hang' };
    },
    says: [{ body: '/implement' }],
    end: { state: 'COMPLETED', comments: 1, tells: /Draft pull request #\d+/, pulls: 1, file: /^done\n$/ },
  };
  await borrowDatabase(inject('databaseServer'), async (connection) => {
    const place = await openMachine(connection, journey);
    const first = startCrashingBosun({ settings: place.settings('first') });
    await first.ready;
    place.say('/implement');
    await place.model.waitForCall(2);
    await first.stop();
    const [waiting] = await place.stores.tasks.list({ limit: 1 });
    expect(await first.gone).toEqual({ code: 0, signal: null });
    expect(waiting).toMatchObject({ state: 'SUBMITTED', lostAttempts: 0, wait: { reason: 'backoff' } });
    isLater = true;
    const second = startCrashingBosun({ settings: place.settings('first') });
    await expect.poll(() => findFaults(place), { timeout: 30_000, interval: 100 }).toEqual([]);
    await second.stop();
    const [task] = await place.stores.tasks.list({ limit: 1 });
    expect(task).toMatchObject({ epoch: 2 });
    const half = { path: 'HALF.md', ref: task?.branch ?? '' };
    expect(await place.github.readFile(REPOSITORY, half)).toBe('half\n');
    expect(await findFaults(place)).toEqual([]);
    await place.close();
  });
});
