import { expect, test } from 'vitest';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { processesNamed } from '../compute/processes-named.ts';
import { openPlace } from './repositories.ts';
import { withScenarios } from './open-scenario.ts';

const check = await checkSandbox();
const openScenario = withScenarios();
const AGENT = `node ask.mjs; echo '{"status":"done","summary":"Done."}' > "$BOSUN_RESULT_FILE"; date > done.txt`;
const DAEMON = '19720104';

test.skipIf(!check.ok)('a daemon that set-up leaves ends with it', { timeout: 120_000 }, async () => {
  const scenario = await openScenario({ compute: 'sandbox', script: [{ text: 'Hello.' }] });
  const place = await openPlace(scenario, {
    agent: AGENT,
    config: `setup: "setsid sleep ${DAEMON} > /dev/null 2>&1 &"`,
  });
  await place.comment('/implement');
  expect(await place.ended()).toMatchObject({ state: 'COMPLETED' });
  expect(processesNamed(`sleep\0${DAEMON}\0`)).toBe(0);
});

test.skipIf(!check.ok)(
  'of two tasks that need the same environment one prepares it, and one waits',
  { timeout: 120_000 },
  async () => {
    const scenario = await openScenario({ compute: 'sandbox', script: [{ text: 'Hello.' }] });
    const place = await openPlace(scenario, {
      agent: `${AGENT}; cp node_modules/stamp stamp.txt`,
      config: 'setup: "mkdir -p node_modules && sleep 3 && date +%s%N > node_modules/stamp"\nconcurrency: 2',
    });
    const other = scenario.openIssue({ repository: place.repository });
    await Promise.all([place.comment('/implement'), other.comment('/implement')]);
    const tasks = await Promise.all([place.ended(), other.waitForTask((task) => task.finishedAt !== null)]);
    const stamps = await Promise.all(
      tasks.map((task) => scenario.github.readFile(place.repository, { path: 'stamp.txt', ref: task.branch })),
    );
    expect(stamps[0]).toMatch(/^\d+\n$/);
    expect(stamps[1]).toBe(stamps[0]);
  },
);
