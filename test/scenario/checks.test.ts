import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Task } from '../../app/task/task.ts';
import { openPlace, type Layout, type Place } from './repositories.ts';
import { withScenario } from './open-scenario.ts';

const scenario = withScenario({
  script: () => ({ text: 'Hello.' }),
  settings: { BOSUN_TASKS_PER_USER_PER_HOUR: '1000' },
});

const AGENT = `node ask.mjs; echo new > done.txt; echo '{"status":"done","summary":"Done."}' > "$BOSUN_RESULT_FILE"`;

async function implement(layout: Layout): Promise<Place> {
  const place = await openPlace(scenario(), { agent: AGENT, ...layout });
  await place.comment('/implement');
  return place;
}

async function checksOf({ epoch, id }: Task) {
  const { attempts, tasks } = scenario().bosun.storage.stores;
  const attempt = await attempts.find({ taskId: id, epoch });
  const events = await tasks.events(id);
  const ended = events.flatMap((event) => (event.kind === 'task.check_ended' ? [event.data] : []));
  return { results: attempt?.checkResults ?? [], ended, attempt };
}

test('a check runs on the commit that is published, without the token of the work', { timeout: 400_000 }, async () => {
  const place = await implement({ config: 'verify: "ls | grep -q done && echo it is there"' });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published', verified: 'passed' } });
  const { attempt, results } = await checksOf(task);
  expect(results).toMatchObject([
    { step: { name: 'verify' }, head: { reading: 'pass', commit: task.publication.headSha }, base: null },
  ]);
  expect(results[0]?.head.outputTail).toBe('it is there\n');
  expect(attempt?.tokenSha256).toBeNull();
  expect(scenario().github.pulls(place.repository)[0]?.body).toContain('it is there` passed');
});

test('what was broken before is said and does not block; the next task knows it', { timeout: 400_000 }, async () => {
  const place = await implement({ config: 'verify: "echo broken; exit 3"' });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published' } });
  const { ended, results } = await checksOf(task);
  expect(results).toMatchObject([{ head: { reading: 'fail', exitCode: 3 }, base: { reading: 'fail', exitCode: 3 } }]);
  expect(ended.map(({ at, try: times }) => `${at} ${times}`)).toEqual(['head 1', 'head 2', 'base 1', 'base 2']);
  expect(scenario().github.pulls(place.repository)[0]?.body).toContain('as it did before the change');
  const next = scenario().openIssue({ repository: place.repository });
  await next.comment('/implement');
  const second = await next.waitForTask((one) => one.finishedAt !== null);
  const known = (await checksOf(second)).ended.filter(({ at }) => at === 'base');
  expect(known).toMatchObject([{ known: true, reading: 'fail', exitCode: 3 }]);
});

test('a check that passes only the second time is flaky', { timeout: 400_000 }, async () => {
  const mark = path.join(mkdtempSync(path.join(tmpdir(), 'bosun-flaky-')), 'once');
  const run = `test -e ${mark} || { touch ${mark}; exit 1; }`;
  const place = await implement({ config: `steps: {after: [{name: shaky, run: "${run}", gate: strict}]}` });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'COMPLETED', outcome: { verified: 'passed' } });
  expect((await checksOf(task)).results).toMatchObject([{ head: { reading: 'pass', isFlaky: true } }]);
  expect(scenario().github.pulls(place.repository)[0]?.body).toContain('passed at the second try (flaky)');
});

test('a check for information never blocks, and its report is kept', { timeout: 400_000 }, async () => {
  const steps =
    '[{name: scan, run: "echo found > out.xml; exit 1", report: out.xml, gate: info}, {name: gone, run: no-such-tool, gate: info}]';
  const place = await implement({ config: `steps: {after: ${steps}}` });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'COMPLETED', outcome: { verified: 'passed' } });
  const { results } = await checksOf(task);
  expect(results).toMatchObject([
    { head: { reading: 'fail', exitCode: 1 }, base: { reading: 'fail' } },
    { head: { reading: 'inconclusive', cause: 'command_missing' }, base: null },
  ]);
  const report = await scenario().bosun.storage.artifacts.get(results[0]?.head.reportKey ?? '');
  expect(Buffer.from(report ?? []).toString()).toBe('found\n');
});

test(
  'a step before the agent that has nothing to do ends the task well, and costs nothing',
  { timeout: 400_000 },
  async () => {
    const config = 'steps: {before: [{name: has-work, run: "echo looking; echo nothing is left to do; exit 78"}]}';
    const place = await implement({ config });
    const task = await place.ended();
    expect(task).toMatchObject({
      state: 'COMPLETED',
      outcome: { kind: 'nothing_to_do', summary: 'nothing is left to do', verified: 'not_run' },
      spentNano: 0,
    });
    expect(await place.told(/There was nothing to do/)).toContain('nothing is left to do');
    expect((await checksOf(task)).attempt?.modelCalls).toBe(0);
    expect(scenario().github.pulls(place.repository)).toEqual([]);
  },
);

test('a bad sequence of steps is refused with its code and place', { timeout: 400_000 }, async () => {
  const place = await implement({ config: 'steps: {sequence: [hydrate, after, agent, publish]}' });
  expect(await place.waitForReply(/INVALID_STEP_SEQUENCE/)).toContain('`after` has to come after `agent`');
});
