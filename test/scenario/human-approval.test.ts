import { describe, expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { openPlace, type Place } from './repositories.ts';
import { withScenario } from './open-scenario.ts';

const scenario = withScenario();

const NEEDS_OTHER = 'human_approval: {not_requester: true}';
const WRITES = 'node ask.mjs && echo done > DONE.md';

interface Published extends Place {
  readonly number: number;
  readonly head: string;
  /** The check run of a commit, with its conclusion and title. */
  check(head?: string): { conclusion: string | null; title: string | null } | undefined;
  /** Resolves once the check run of the commit has the conclusion. */
  concluded(conclusion: string, head?: string): Promise<void>;
}

async function published(config = NEEDS_OTHER): Promise<Published> {
  const { github } = scenario();
  const place = await openPlace(scenario(), { config, agent: WRITES });
  github.setPermission(place.repository, story.reporter, 'write');
  await place.comment('/implement');
  const task = await place.waitForTask((row) => row.state === 'COMPLETED');
  const head = task.publication.headSha ?? '';
  function check(of = head): ReturnType<Published['check']> {
    const run = github.checkRuns(place.repository).findLast(({ headSha }) => headSha === of);
    return run && { conclusion: run.conclusion, title: run.output.title };
  }
  return {
    ...place,
    number: task.publication.pullNumber ?? 0,
    head,
    check,
    concluded: async (conclusion, of) => scenario().waitUntilShown(() => check(of)?.conclusion === conclusion),
  };
}

describe('with human_approval: {not_requester: true}', () => {
  test('somebody else has to approve the head, and a dismissal takes it back', { timeout: 120_000 }, async () => {
    const { github } = scenario();
    const place = await published();
    await place.concluded('action_required');
    expect(place.check()?.title).toMatch(/^Waiting for an approval/);
    expect(await place.told(/Draft pull request #\d+ is ready/)).toContain(
      `Somebody other than \`${story.maintainer}\` has to approve it.`,
    );

    const thread = { repository: place.repository, number: place.number };
    // Neither who requested it nor somebody without write access nor a bot counts.
    github.review(thread, { as: story.maintainer, state: 'APPROVED' });
    github.review(thread, { as: story.stranger, state: 'APPROVED' });
    github.review(thread, { as: github.app.botLogin, state: 'APPROVED' });
    github.review(thread, { as: story.reporter, state: 'COMMENTED', body: 'Looks good to me' });
    await scenario().routed();
    const asked = github.requests.length;
    await scenario().bosun.storage.stores.reports.lookAgain((await place.ended()).id, new Date());
    await github.waitForRequest(({ path }) => path.endsWith('/reviews') && github.requests.length > asked);
    expect(place.check()?.conclusion).toBe('action_required');

    const approval = github.review(thread, { as: story.reporter, state: 'APPROVED' });
    await place.concluded('success');
    github.dismissReview(thread, { as: story.maintainer, id: approval.id });
    await place.concluded('action_required');
    github.review(thread, { as: story.reporter, state: 'APPROVED' });
    await place.concluded('success');
    expect(github.checkRuns(place.repository)).toHaveLength(1);
  });

  test('a new commit needs a new approval, on a check run of its own', { timeout: 120_000 }, async () => {
    const { github } = scenario();
    const place = await published();
    const thread = { repository: place.repository, number: place.number };
    github.review(thread, { as: story.reporter, state: 'APPROVED' });
    await place.concluded('success');

    const branch = github.pulls(place.repository)[0]?.pull?.head.ref ?? '';
    const { sha } = await github.pushCommit(place.repository, { as: story.maintainer, branch, files: { more: 'x\n' } });
    // No event of the App tells of the push; the next look sees it.
    await scenario().bosun.storage.stores.reports.lookAgain((await place.ended()).id, new Date());
    await place.concluded('action_required', sha);
    expect(place.check()?.conclusion).toBe('action_required');
    github.review(thread, { as: story.reporter, state: 'APPROVED' });
    await place.concluded('success', sha);
  });

  test('what cannot be read is no approval', { timeout: 120_000 }, async () => {
    const { github } = scenario();
    const place = await published();
    await place.concluded('action_required');
    const planted = github.faults.add({ path: /\/reviews$/, status: 403, times: Infinity });
    github.review({ repository: place.repository, number: place.number }, { as: story.reporter, state: 'APPROVED' });
    await planted.nextHit();
    expect(place.check()?.conclusion).toBe('action_required');
    planted.remove();
    await scenario().bosun.storage.stores.reports.lookAgain((await place.ended()).id, new Date());
    await place.concluded('success');
  });
});

test('without it the check run needs nobody', { timeout: 120_000 }, async () => {
  const place = await published('concurrency: 1');
  await place.concluded('success');
});
