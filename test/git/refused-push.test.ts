import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAttemptRepositories, type AttemptRepositories } from '../../app/git/attempt-repository.ts';
import type { AttemptRepository } from '../../app/git/attempt/attempt.ts';
import { plainAnswer, type GitHttpResponse } from '../../app/git/serve/git-http.ts';
import { oneAtATime } from '../../app/git/serve/receive-pack.ts';
import { ServiceUnavailable } from '../../app/task/service-unavailable.ts';
import { wasDoorUnavailable } from '../../worker/retry-door.ts';
import { git, gitClient } from './git-client.ts';
import { createGitDoor, type GitDoor } from './git-door.ts';
import { openGitFixture, WORK, writeFiles, type GitFixture } from './git-fixture.ts';

const AT = { taskId: '01WORK', epoch: 1 };

let fixture: GitFixture;
let attempts: AttemptRepositories;
let repository: AttemptRepository;
let door: GitDoor;
let clone: string;
/** Puts that the store still takes before it is unavailable. */
let putsLeft: number;

beforeEach(async () => {
  fixture = await openGitFixture();
  await fixture.commit('main', { 'README.md': '# Engine\n' });
  repository = await fixture.prepare();
  putsLeft = Infinity;
  attempts = createAttemptRepositories({
    directory: fixture.attemptsOn('first').directory,
    mirrors: fixture.mirrors,
    store: {
      ...fixture.store,
      async put(key, bytes) {
        putsLeft -= 1;
        if (putsLeft < 0) {
          throw new ServiceUnavailable('The store does not answer.', { place: 'store' });
        }
        await fixture.store.put(key, bytes);
      },
    },
    fetchCommit: async () => undefined,
  });
  door = await createGitDoor(repository, { keep: () => attempts.keep(AT) });
  clone = await mkdtemp(join(fixture.root, 'clone-'));
  await git(clone, 'clone', '-q', door.url, '.');
  await git(clone, 'checkout', '-q', '-b', WORK);
});

afterEach(async () => {
  await door.close();
  await fixture.close();
});

async function commit(path: string): Promise<string> {
  await writeFiles(clone, { [path]: 'text\n' });
  await git(clone, 'add', '-A');
  await git(clone, 'commit', '-q', '-m', path);
  return git(clone, 'rev-parse', 'HEAD');
}

const push = (): ReturnType<typeof gitClient> => gitClient(clone, ['push', 'origin', `+HEAD:refs/heads/${WORK}`]);
const keptElsewhere = (): Promise<string | null> => fixture.attemptsOn('other').attempts.tip(AT);

test.each([
  ['before the bundle', 0],
  ['between bundle and facts', 1],
])(
  'while the store is away (%s) a push is refused so that a worker tries again, and never taken for done',
  async (_, left) => {
    const sha = await commit('a');
    putsLeft = left;
    const first = await push();
    expect(first.code).not.toBe(0);
    expect(wasDoorUnavailable(first.output)).toBe(true);
    expect(await keptElsewhere()).toBeNull();
    // git has taken the objects in by now; a client that is shown them has nothing left to push.
    const second = await push();
    expect(second.code).not.toBe(0);
    expect(wasDoorUnavailable(second.output)).toBe(true);
    expect(door.refused.map(({ code }) => code)).toEqual(['NOT_KEPT', 'NOT_KEPT']);
    putsLeft = Infinity;
    expect((await push()).code).toBe(0);
    expect(await keptElsewhere()).toBe(sha);
  },
);

test('what was acknowledged before the store became unavailable still counts', async () => {
  const sha = await commit('a');
  expect((await push()).code).toBe(0);
  putsLeft = 1;
  await commit('b');
  expect((await push()).code).not.toBe(0);
  const other = fixture.attemptsOn('other');
  expect(await other.attempts.tip(AT)).toBe(sha);
  expect(await git((await other.attempts.find(AT))?.path ?? '', 'ls-tree', '--name-only', WORK)).toBe('README.md\na');
});

test('pushes at the same time end with the one that git took last', async () => {
  const shas = [await commit('a'), await commit('b'), await commit('c')];
  await Promise.all(shas.map((sha) => gitClient(clone, ['push', 'origin', `+${sha}:refs/heads/${WORK}`])));
  const local = await git(repository.path, 'rev-parse', WORK);
  expect(shas).toContain(local);
  expect(await keptElsewhere()).toBe(local);
});

test('a clone needs no store', async () => {
  putsLeft = 0;
  expect((await gitClient(fixture.root, ['clone', '-q', door.url, join(fixture.root, 'again')])).code).toBe(0);
});

test('pushes at the same time are received one after the other, and too many are refused', async () => {
  let inside = 0;
  let most = 0;
  const take = async (): Promise<GitHttpResponse> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    return plainAnswer(200, 'taken');
  };
  const answers = await Promise.all(Array.from({ length: 8 }, () => oneAtATime('/a', take)));
  expect(most).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
  expect((await oneAtATime('/a', take)).status).toBe(200);
});
