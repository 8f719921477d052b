import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { openPlace, type Layout, type Place } from './repositories.ts';
import { withScenario } from './open-scenario.ts';

const scenario = withScenario();

const CHECK = `{name: test, run: "test -f OK.md || { echo OK.md is missing; exit 1; }", gate: strict}`;
const CONFIG = `steps: {after: [${CHECK}]}\n`;
/** Forgets a file at first, and adds it when it is sent back. */
const FIXES = 'node ask.mjs && if [ -f DONE.md ]; then echo ok > OK.md; else echo done > DONE.md; fi';
/** Does something else each time, and never what is missing. */
const NEVER_FIXES = 'node ask.mjs && date +%s%N >> DONE.md';

async function implement(layout: Layout): Promise<Place> {
  const place = await openPlace(scenario(), layout);
  await place.comment('/implement');
  return place;
}

test(
  'a check that fails sends the agent back with its output; the fix passes and is ready',
  { timeout: 180_000 },
  async () => {
    const place = await implement({ config: `${CONFIG}ready_when_passed: true\n`, agent: FIXES });
    const task = await place.ended();
    expect(task).toMatchObject({
      state: 'COMPLETED',
      epoch: 2,
      outcome: { kind: 'published' },
      verdict: { epoch: 2, fixes: 1, verdict: { kind: 'PASSED', fixes: { used: 1, allowed: 2 } } },
    });
    const { artifacts, stores } = scenario().bosun.storage;
    const prompt = Buffer.from((await artifacts.get(`${task.id}/2/prompt.json`)) ?? []).toString();
    expect(prompt).toContain('What is still missing');
    expect(prompt).toContain('OK.md is missing');
    const verdicts = (await stores.tasks.events(task.id)).filter(({ kind }) => kind === 'task.verdict');
    expect(verdicts.map(({ data }) => data)).toMatchObject([{ kind: 'GAPS_FOUND', fix: 1 }, { kind: 'PASSED' }]);
    const [pull, ...others] = scenario().github.pulls(place.repository);
    expect(others).toEqual([]);
    expect(pull?.pull?.draft).toBe(false);
    const comment = await place.told(/`PASSED`, passed after 1 fix/);
    expect(comment).toMatch(/\| `test` \| strict \| .* → pass \| good/);
  },
);

test('a fix that changes nothing asks a person, who takes the work as it is', { timeout: 180_000 }, async () => {
  const place = await implement({ config: CONFIG, agent: NEVER_FIXES });
  const task = await place.waitForTask((row) => row.wait?.reason === 'human');
  expect(task).toMatchObject({
    state: 'SUBMITTED',
    lease: null,
    question: { kind: 'verdict', cause: 'SAME_FAILURE', answer: null },
    verdict: { verdict: { kind: 'HUMAN_NEEDED' } },
  });
  const commit = task.publication.headSha ?? '';
  expect(task.question?.subject).toBe(commit);
  const comment = await place.told(/A person is needed: a fix changed nothing/);
  expect(comment).toContain(`/accept ${commit.slice(0, 12)}`);
  expect(comment).toContain('| `/retry what should be different` |');
  const [pull] = scenario().github.pulls(place.repository);
  expect(pull?.pull).toMatchObject({ draft: true, head: { sha: commit } });

  expect(await place.commentRouted('/accept', { as: story.stranger })).toMatch(/refused/);
  expect(await place.commentRouted('/accept 0123456')).toMatch(/another commit/);
  expect(await place.commentRouted('/release')).toMatch(/nothing held/);
  await place.comment(`/accept ${commit.slice(0, 12)}`);
  const done = await place.waitForTask((row) => row.state === 'COMPLETED');
  expect(done).toMatchObject({ question: null, verdict: { accepted: { by: { login: story.maintainer } } } });
  expect(done.spentNano).toBe(task.spentNano);
  expect(await place.told(/was accepted as it is by/)).toContain('HUMAN_NEEDED');
  expect(await place.commentRouted('/accept')).toMatch(/already accepted/);
});

test('a deleted test needs a person although every check passes', { timeout: 180_000 }, async () => {
  const place = await implement({
    config: 'steps: {after: [{name: test, run: "true"}]}\n',
    files: { 'sum.test.js': "test('adds', () => {\n  expect(1 + 1).toBe(2);\n});\n" },
    agent:
      'node ask.mjs && if [ -f sum.test.js ]; then git rm -q sum.test.js; else git checkout -q HEAD~1 -- sum.test.js; fi',
  });
  const task = await place.waitForTask((row) => row.wait?.reason === 'human');
  expect(task).toMatchObject({
    question: { cause: 'CHECKS_WEAKENED' },
    verdict: { verdict: { weakened: [{ kind: 'test_deleted', path: 'sum.test.js' }] } },
  });
  expect(await place.told(/touches what decides/)).toContain('sum.test.js');
});
