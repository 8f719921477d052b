import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWorkHead, type PrepareRequest } from '../../app/git/attempt-repository.ts';
import { WorkLost } from '../../app/git/attempt/attempt.ts';
import { git } from './git-client.ts';
import { createGitDoor } from './git-door.ts';
import { openGitFixture, REPOSITORY, WORK, writeFiles, type Machine, type GitFixture } from './git-fixture.ts';

const AT = { taskId: '01WORK', epoch: 1 };
const FACTS = '01WORK/1/quarantine/facts.json';

let fixture: GitFixture;
let base: string;

beforeEach(async () => {
  fixture = await openGitFixture();
  base = await fixture.commit('main', { 'README.md': '# Engine\n', 'src/a.txt': 'a\n'.repeat(1_000) });
});

afterEach(async () => {
  await fixture.close();
});

/** A push of a worker to an attempt on one machine, through HTTP as it happens; resolves with the commit. */
async function push(machine: Pick<Machine, 'attempts'>, files: Record<string, string>, at = AT): Promise<string> {
  const repository = await machine.attempts.find(at);
  if (repository === null) {
    throw new Error('there is no repository to push to');
  }
  const door = await createGitDoor(repository, { keep: () => machine.attempts.keep(at) });
  const clone = await mkdtemp(join(fixture.root, 'clone-'));
  try {
    const from = (await readWorkHead(repository)) === null ? 'main' : WORK;
    await git(fixture.root, 'clone', '-q', '--branch', from, door.url, clone);
    await writeFiles(clone, files);
    await git(clone, 'add', '-A');
    await git(clone, 'commit', '-q', '-m', `Write ${Object.keys(files).join()}`);
    await git(clone, 'push', '-q', 'origin', `HEAD:refs/heads/${WORK}`);
    return await git(clone, 'rev-parse', 'HEAD');
  } finally {
    await door.close();
  }
}

async function names(): Promise<string[]> {
  const keys = await fixture.store.list('01WORK/1/quarantine');
  return keys.map((key) => key.replace(/^.*\/|[0-9a-f]{64}/g, '').replace(/^\./, 'a.'));
}

function next(start: PrepareRequest['start']): PrepareRequest {
  const branches = { baseBranch: 'main', baseSha: base, workBranch: WORK };
  return { taskId: '01WORK', epoch: 2, repositoryId: REPOSITORY.id, ...branches, start };
}

describe('on a machine that has nothing', () => {
  test('the repository of an attempt without a push is made again, for a door next to the orchestrator', async () => {
    const made = await fixture.prepare();
    const other = fixture.attemptsOn('other');
    expect(await other.attempts.tip(AT)).toBeNull();
    const found = await other.attempts.find(AT);
    expect(found).toEqual({ ...made, path: join(other.directory, '01WORK', '1.git') });
    expect(await git(found?.path ?? '', 'for-each-ref', '--format=%(refname) %(objectname)')).toBe(
      `refs/heads/main ${base}`,
    );
    const sha = await push(other, { b: '1\n' });
    expect(await fixture.attempts.tip(AT)).toBe(sha);
  });

  test('what was pushed is there with all its files, though the base branch moved on', async () => {
    await fixture.prepare();
    await push(fixture, { 'b.txt': '1\n' });
    const sha = await push(fixture, { 'src/a.txt': `${'a\n'.repeat(1_000)}b\n` });
    await fixture.commit('main', { 'README.md': 'moved on\n' });
    const other = fixture.attemptsOn('other');
    expect(await other.attempts.tip(AT)).toBe(sha);
    const found = await other.attempts.find(AT);
    expect(await readWorkHead(found ?? { path: '', workBranch: WORK })).toBe(sha);
    expect(await git(found?.path ?? '', 'show', `${sha}:b.txt`)).toBe('1');
    expect(await git(found?.path ?? '', 'log', '--format=%s', WORK)).toBe('Write src/a.txt\nWrite b.txt\nA change');
    expect(await git(found?.path ?? '', 'fsck', '--strict', '--no-dangling')).toBe('');
  });

  test('the base is fetched by its id when its branch was rewritten', async () => {
    await fixture.prepare();
    const sha = await push(fixture, { b: '1\n' });
    await git(fixture.origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    await git(fixture.checkout, 'checkout', '-q', '--orphan', 'other-history');
    await git(fixture.checkout, 'commit', '-q', '--allow-empty', '-m', 'Begin anew');
    await git(fixture.checkout, 'update-ref', 'refs/heads/main', 'HEAD');
    const other = fixture.attemptsOn('other');
    const found = await other.attempts.find(AT);
    expect(await git(found?.path ?? '', 'merge-base', '--is-ancestor', base, sha)).toBe('');
  });

  test('the next attempt continues from it', async () => {
    await fixture.prepare();
    const sha = await push(fixture, { b: '1\n' });
    const other = fixture.attemptsOn('other');
    const second = await other.attempts.prepare(next({ kind: 'quarantined', ...AT, sha }));
    expect(second.startSha).toBe(sha);
    await other.attempts.remove(AT);
    const third = fixture.attemptsOn('third');
    const found = await third.attempts.find({ ...AT, epoch: 2 });
    expect(await git(found?.path ?? '', 'show', `${WORK}:b`)).toBe('1');
    expect(await third.attempts.tip({ ...AT, epoch: 2 })).toBeNull();
    // A worker that throws away what it was given leaves it to the gate all the same.
    expect(await git(found?.path ?? '', 'rev-parse', 'refs/bosun/start')).toBe(sha);
  });
});

test('a machine whose directory is older follows what went through another, and keeps nothing older over it', async () => {
  await fixture.prepare();
  await push(fixture, { b: '1\n' });
  const other = fixture.attemptsOn('other');
  const sha = await push(other, { c: '1\n' });
  expect(await fixture.attempts.tip(AT)).toBe(sha);
  const found = await fixture.attempts.find(AT);
  expect(await readWorkHead(found ?? { path: '', workBranch: WORK })).toBe(sha);
  const last = await push(fixture, { d: '1\n' });
  expect(await other.attempts.tip(AT)).toBe(last);
});

test('a mirror that was lost is fetched again for a repository that borrows from it', async () => {
  const made = await fixture.prepare();
  const sha = await push(fixture, { b: '1\n' });
  await rm(fixture.mirrors.path(REPOSITORY.id), { recursive: true });
  await fixture.attempts.find(AT);
  expect(await git(made.path, 'log', '--format=%H', WORK)).toBe(`${sha}\n${base}`);
});

test('many pushes leave no more than the last bundle and the one before; removal leaves nothing', async () => {
  await fixture.prepare();
  expect(await names()).toEqual(['facts.json']);
  for (const name of ['b', 'c', 'd', 'e']) {
    await push(fixture, { [name]: '1\n' });
  }
  expect((await names()).toSorted()).toEqual(['a.bundle', 'a.bundle', 'facts.json']);
  await fixture.attempts.remove(AT);
  expect(await fixture.store.list('')).toEqual([]);
  expect(await fixture.attempts.find(AT)).toBeNull();
  expect(await fixture.attempts.tip(AT)).toBeNull();
});

test('the bundle is thin, and any clone of the repository can fetch it', async () => {
  await fixture.prepare();
  const sha = await push(fixture, { 'src/a.txt': `${'a\n'.repeat(1_000)}b\n` });
  const key = (await fixture.store.list('01WORK/1/quarantine')).find((name) => name.endsWith('.bundle')) ?? '';
  const bytes = (await fixture.store.get(key)) ?? new Uint8Array();
  expect(bytes.length).toBeLessThan(1_500);
  const file = join(fixture.root, 'work.bundle');
  await writeFile(file, bytes);
  await git(fixture.checkout, 'fetch', '-q', file, `refs/heads/${WORK}`);
  expect(await git(fixture.checkout, 'rev-parse', 'FETCH_HEAD')).toBe(sha);
});

describe('what was kept and cannot be read back', () => {
  async function bundleKey(): Promise<string> {
    return (await fixture.store.list('01WORK/1/quarantine')).find((name) => name.endsWith('.bundle')) ?? '';
  }

  test.each([
    ['a bundle that is missing', async () => fixture.store.remove(await bundleKey()), /missing/],
    ['a bundle that was cut', async () => cut(await bundleKey()), /does not match its name/],
    [
      'facts that are no facts',
      async () => fixture.store.put(FACTS, Buffer.from('{"version":1}')),
      /does not name the commit/,
    ],
    ['facts that lead elsewhere', async () => rewrite({ workBranch: '../../main' }), /does not name the commit/],
  ])('%s is said clearly, and changes nothing', async (_, damage, words) => {
    await fixture.prepare();
    await push(fixture, { b: '1\n' });
    await damage();
    const before = await fixture.store.list('');
    const other = fixture.attemptsOn('other');
    await expect(other.attempts.find(AT)).rejects.toThrow(words);
    await expect(other.attempts.find(AT)).rejects.toThrow(WorkLost);
    expect(await fixture.store.list('')).toEqual(before);
  });

  test('a bundle that lacks objects is not taken for whole, however often it is tried', async () => {
    await fixture.prepare();
    await push(fixture, { b: '1\n' });
    const before = await fixture.store.get(await bundleKey());
    const sha = await push(fixture, { c: '1\n' });
    // The older bundle under the newer name: its pack is sound, and the head is not in it.
    const name = createHash('sha256')
      .update(before ?? '')
      .digest('hex');
    await rewrite({ bundle: name, headSha: sha });
    const other = fixture.attemptsOn('other');
    await expect(other.attempts.find(AT)).rejects.toThrow(/not complete/);
    await expect(other.attempts.find(AT)).rejects.toThrow(/not complete/);
  });

  test('a directory that has the work needs none of it', async () => {
    await fixture.prepare();
    const sha = await push(fixture, { b: '1\n' });
    await fixture.store.remove('01WORK');
    expect(await fixture.attempts.tip(AT)).toBe(sha);
    expect(await readWorkHead((await fixture.attempts.find(AT)) ?? { path: '', workBranch: WORK })).toBe(sha);
  });

  async function cut(key: string): Promise<void> {
    const bytes = (await fixture.store.get(key)) ?? new Uint8Array();
    await fixture.store.put(key, bytes.subarray(0, bytes.length - 30));
  }

  async function rewrite(change: object): Promise<void> {
    const facts = JSON.parse(Buffer.from((await fixture.store.get(FACTS)) ?? []).toString()) as object;
    await fixture.store.put(FACTS, Buffer.from(JSON.stringify({ ...facts, ...change })));
  }
});
