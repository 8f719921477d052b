import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWorkHead, type PrepareRequest } from '../../app/git/attempt-repository.ts';
import { git } from './git-client.ts';
import { openGitFixture, REPOSITORY, WORK, type GitFixture } from './git-fixture.ts';

let fixture: GitFixture;
let base: string;

beforeEach(async () => {
  fixture = await openGitFixture();
  base = await fixture.commit('main', { 'README.md': '# Engine\n' });
  await fixture.refresh('main');
});

afterEach(async () => {
  await fixture.close();
});

function request(overrides: Partial<PrepareRequest> = {}): PrepareRequest {
  return {
    taskId: '01WORK',
    epoch: 1,
    repositoryId: REPOSITORY.id,
    baseBranch: 'main',
    baseSha: base,
    workBranch: WORK,
    start: null,
    ...overrides,
  };
}

async function pushWork(path: string, parent: string, message = 'Work'): Promise<string> {
  const tree = await git(path, 'mktree', '--missing');
  const sha = await git(path, 'commit-tree', '-p', parent, '-m', message, tree);
  await git(path, 'update-ref', `refs/heads/${WORK}`, sha);
  return sha;
}

describe('prepare', () => {
  test('makes a repository with the base branch alone, pinned to its commit', async () => {
    const made = await fixture.attempts.prepare(request());
    await fixture.commit('main', { 'README.md': 'moved on\n' });
    await fixture.refresh('main');
    expect(await git(made.path, 'for-each-ref', '--format=%(refname) %(objectname)')).toBe(`refs/heads/main ${base}`);
    expect(await fixture.attempts.find(request())).toEqual(made);
    expect(await fixture.attempts.tip(request())).toBeNull();
    expect(await readWorkHead(made)).toBeNull();
  });

  test('continues from published work, which does not count as pushed by the worker', async () => {
    const published = await fixture.commit(WORK, { b: '1\n' });
    await fixture.refresh('main', WORK);
    const made = await fixture.attempts.prepare(
      request({ epoch: 2, start: { kind: 'published', branch: WORK, sha: published } }),
    );
    expect(made.startSha).toBe(published);
    expect(await readWorkHead(made)).toBe(published);
    expect(await fixture.attempts.tip(made)).toBeNull();
  });

  test('continues from work another attempt left, even after that one is removed', async () => {
    const first = await fixture.attempts.prepare(request());
    const sha = await pushWork(first.path, base);
    expect(await fixture.attempts.tip(first)).toBe(sha);
    const second = await fixture.attempts.prepare(
      request({ epoch: 2, start: { kind: 'quarantined', taskId: '01WORK', epoch: 1, sha } }),
    );
    await fixture.attempts.remove(first);
    expect(await readWorkHead(second)).toBe(sha);
    expect(await git(second.path, 'log', '--format=%s', WORK)).toBe('Work\nA change');
    expect(await fixture.attempts.find(first)).toBeNull();
    expect(await fixture.attempts.tip(first)).toBeNull();
  });

  test('again finds the same, follows a new base, and never throws pushed work away', async () => {
    const made = await fixture.attempts.prepare(request());
    expect(await fixture.attempts.prepare(request())).toEqual(made);
    const moved = await fixture.commit('main', { 'README.md': 'moved on\n' });
    await fixture.refresh('main');
    expect(await fixture.attempts.prepare(request({ baseSha: moved }))).toMatchObject({ baseSha: moved });
    const sha = await pushWork(made.path, moved);
    expect(await fixture.attempts.prepare(request())).toMatchObject({ baseSha: moved });
    expect(await fixture.attempts.tip(made)).toBe(sha);
  });

  test.each([
    ['a base that is not in the mirror', { baseSha: '1'.repeat(40) }],
    ['a branch that is none', { baseBranch: 'a..b' }],
    ['a task id that leaves the directory', { taskId: '../../etc' }],
    ['earlier work that is gone', { start: { kind: 'quarantined', taskId: '01OLD', epoch: 9, sha: '2'.repeat(40) } }],
  ] as const)('throws for %s and leaves nothing behind', async (_, overrides) => {
    await expect(fixture.attempts.prepare(request(overrides))).rejects.toThrow(/\S/);
    expect(await fixture.attempts.find(request())).toBeNull();
  });
});

test('a mirror made again serves attempts that borrow from it', async () => {
  const made = await fixture.attempts.prepare(request());
  await rm(fixture.mirrors.path(REPOSITORY.id), { recursive: true });
  await fixture.refresh('main');
  expect(await git(made.path, 'log', '--format=%H', 'main')).toBe(base);
});
