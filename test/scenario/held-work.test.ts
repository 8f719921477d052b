import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { openPlace, type Layout, type Place } from './repositories.ts';
import { withScenario } from './open-scenario.ts';

const scenario = withScenario();

const WRITES = 'node ask.mjs && echo done > DONE.md';

/** The agent adds a package, which a person has to look at. */
const ADDS_PACKAGE: Layout = {
  files: { 'package.json': '{"name":"tool"}\n' },
  agent: `node ask.mjs && printf '{"name":"tool","dependencies":{"left-pad":"^1.0.0"}}\\n' > package.json`,
};

async function held(layout: Layout = ADDS_PACKAGE): Promise<Place> {
  const place = await openPlace(scenario(), layout);
  await place.comment('/implement');
  return place;
}

function headOf(place: Place): string | null {
  return scenario().github.pulls(place.repository)[0]?.pull?.head.sha ?? null;
}

test('work with a new package waits for a person, who releases exactly that commit', { timeout: 120_000 }, async () => {
  const place = await held();
  const task = await place.ended();
  expect(task).toMatchObject({
    state: 'SUBMITTED',
    wait: { reason: 'approval' },
    question: { kind: 'release', epoch: 1, mayAnswer: 'write', answer: null, findings: [{ code: 'NEW_DEPENDENCY' }] },
    outcome: { kind: 'held', filesChanged: 1 },
    lease: null,
  });
  const commit = task.question?.subject ?? '';
  expect(await place.refs()).toEqual([]);
  const comment = await place.told(/Held: a person has to look/);
  expect(comment).toContain('left-pad');
  expect(comment).toContain(`/release ${commit.slice(0, 12)}`);
  expect(comment).toContain('+{"name":"tool","dependencies"');
  const { database } = scenario().bosun.storage;
  const [money] = await database.query<{ reserved: number; running: number }>({
    text: `select (select coalesce(sum(reserved_nano), 0)::float8 from budget_scope) as reserved,
      (select running from slot where scope = 'server') as running`,
    values: [],
  });
  expect(money).toEqual({ reserved: 0, running: 0 });

  expect(await place.commentRouted('/release', { as: story.stranger })).toMatch(/refused/);
  expect(await place.commentRouted('/release 0123456')).toMatch(/another commit/);
  await place.comment(`/release ${commit.slice(0, 12)}`);
  const done = await place.waitForTask((row) => row.state === 'COMPLETED');
  expect(done).toMatchObject({ outcome: { kind: 'published' }, question: null, publication: { headSha: commit } });
  expect(done.spentNano).toBe(task.spentNano);
  expect(headOf(place)).toBe(commit);
  expect(scenario().github.pulls(place.repository)).toHaveLength(1);
  expect(await place.commentRouted('/release')).toMatch(/ended/);
});

test('held work that is cancelled is kept and not pushed', { timeout: 120_000 }, async () => {
  const place = await held();
  const task = await place.ended();
  await place.comment('/cancel');
  const ended = await place.waitForTask((row) => row.state === 'CANCELLED');
  expect(await place.refs()).toEqual([]);
  expect(await place.patch(task)).toContain('left-pad');
  expect(ended.outcome).toMatchObject({ kind: 'cancelled', filesChanged: 1 });
});

test(
  'an answer in words lets the agent go on from the held work, and it is asked again',
  { timeout: 120_000 },
  async () => {
    const place = await held();
    const first = await place.ended();
    await place.comment('/retry Pin the version.');
    const second = await place.waitForTask((row) => row.wait?.reason === 'approval' && row.epoch === 2);
    expect(second.question).toMatchObject({ epoch: 2, answer: null });
    expect(await place.commentRouted(`/release ${first.question?.subject.slice(0, 12)}`)).toMatch(
      second.question?.subject === first.question?.subject ? /released/ : /another commit/,
    );
  },
);

test('text of someone without write access holds the work; push: always lets it go', { timeout: 120_000 }, async () => {
  const place = await openPlace(scenario(), { agent: WRITES });
  const foreign = scenario().openIssue({ repository: place.repository, as: story.stranger });
  await foreign.comment('/implement');
  const task = await foreign.waitForTask((row) => row.wait?.reason === 'approval');
  expect(task.question).toMatchObject({
    findings: [{ code: 'CONTEXT_NOT_TRUSTED', path: null, message: expect.stringContaining(story.stranger) }],
  });
  expect(await place.refs()).toEqual([]);

  const free = await openPlace(scenario(), { agent: WRITES, config: 'push: always' });
  const other = scenario().openIssue({ repository: free.repository, as: story.stranger });
  await other.comment('/implement');
  await other.waitForTask((row) => row.state === 'COMPLETED');
});

test('push: released asks about every change', { timeout: 120_000 }, async () => {
  const place = await held({ agent: WRITES, config: 'push: released' });
  const task = await place.ended();
  expect(task.question).toMatchObject({ findings: [{ code: 'RELEASE_WANTED' }] });
});
