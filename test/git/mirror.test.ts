import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMirrors } from '../../app/git/mirror.ts';
import { git } from './git-client.ts';
import { openGitFixture, REPOSITORY, type GitFixture } from './git-fixture.ts';

let fixture: GitFixture;

beforeEach(async () => {
  fixture = await openGitFixture();
});

afterEach(async () => {
  await fixture.close();
});

function fetches(): number {
  return fixture.server.requests.filter((line) => line.startsWith('POST') && line.includes('upload-pack')).length;
}

describe('refresh', () => {
  test('brings the branches asked for, and no other', async () => {
    const main = await fixture.commit('main', { a: '1\n' });
    const other = await fixture.commit('other', { b: '2\n' });
    expect(await fixture.refresh('main')).toEqual({ ok: true, shas: new Map([['main', main]]) });
    const objects = await git(fixture.mirrors.path(7), 'cat-file', '--batch-all-objects', '--batch-check');
    expect(objects).toContain(main);
    expect(objects).not.toContain(other);
    expect(await fixture.mirrors.branchSha(7, 'main')).toBe(main);
    expect(await fixture.mirrors.branchSha(7, 'other')).toBeNull();
  });

  test('fetches nothing when nothing is new, and only what is new otherwise', async () => {
    await fixture.commit('main', { a: 'x'.repeat(1000) });
    await fixture.refresh('main');
    const before = fetches();
    await fixture.refresh('main');
    const warm = fetches() - before;
    const second = await fixture.commit('main', { b: '2\n' });
    expect(await fixture.refresh('main')).toEqual({ ok: true, shas: new Map([['main', second]]) });
    expect(warm).toBe(1);
    const packs = (await readdir(join(fixture.mirrors.path(7), 'objects', 'pack'))).filter((name) =>
      name.endsWith('.idx'),
    );
    const sizes = await Promise.all(
      packs.map(async (name) =>
        (await git(fixture.mirrors.path(7), 'verify-pack', '-v', `objects/pack/${name}`)).split('\n'),
      ),
    );
    expect(sizes.flat().filter((line) => / (commit|tree|blob) /.test(line))).toHaveLength(6);
  });

  test.each([
    ['a branch that is not there', 'missing'],
    ['a name that git refuses', 'bad..name'],
    ['a name that reads as an option', '--upload-pack=touch'],
    ['a pattern', 'ma*'],
    ['a refspec', 'main:refs/heads/evil'],
    ['a name that is the end of another', 'ain'],
  ])('leaves %s out of the answer', async (_, name) => {
    const main = await fixture.commit('main', { a: '1\n' });
    expect(await fixture.refresh('main', name)).toEqual({ ok: true, shas: new Map([['main', main]]) });
  });

  test('an empty repository has no branches', async () => {
    expect(await fixture.refresh('main')).toEqual({ ok: true, shas: new Map() });
  });

  test('names that exclude each other can follow one another', async () => {
    await fixture.commit('topic', { a: '1\n' });
    await fixture.refresh('topic');
    await git(fixture.checkout, 'checkout', '-q', '--detach');
    await git(fixture.origin, 'branch', '-D', 'topic');
    const inner = await fixture.commit('topic/inner', { a: '2\n' });
    expect(await fixture.refresh('topic', 'topic/inner')).toEqual({
      ok: true,
      shas: new Map([['topic/inner', inner]]),
    });
  });

  test('a branch that was rewritten is followed, and the old commit stays for attempts that borrow it', async () => {
    const old = await fixture.commit('main', { a: '1\n' });
    await fixture.refresh('main');
    await git(fixture.checkout, 'checkout', '-q', '--orphan', 'fresh');
    const rewritten = await fixture.commit('main', { a: '3\n' });
    expect(await fixture.refresh('main')).toEqual({ ok: true, shas: new Map([['main', rewritten]]) });
    expect(await git(fixture.mirrors.path(7), 'cat-file', '-t', old)).toBe('commit');
  });

  test('many at once make one fetch', async () => {
    const main = await fixture.commit('main', { a: '1\n' });
    const results = await Promise.all([1, 2, 3, 4].map(() => fixture.refresh('main')));
    expect(results.map((result) => result.ok && result.shas.get('main'))).toEqual([main, main, main, main]);
    const packs = await readdir(join(fixture.mirrors.path(7), 'objects', 'pack'));
    expect(packs.filter((name) => name.endsWith('.pack'))).toHaveLength(1);
  });
});

describe('a mirror that is', () => {
  const damages: readonly (readonly [string, (gitDir: string) => Promise<unknown>])[] = [
    ['gone', (gitDir) => rm(gitDir, { recursive: true })],
    ['without its objects', (gitDir) => rm(join(gitDir, 'objects'), { recursive: true })],
    ['cut short', (gitDir) => cutPacks(gitDir)],
    ['without a HEAD', (gitDir) => rm(join(gitDir, 'HEAD'))],
  ];
  test.each(damages)('%s is made again', async (_, damage) => {
    await fixture.commit('main', { a: '1\n' });
    await fixture.refresh('main');
    await damage(fixture.mirrors.path(7));
    const next = await fixture.commit('main', { a: '2\n' });
    expect(await fixture.refresh('main')).toEqual({ ok: true, shas: new Map([['main', next]]) });
    await git(fixture.mirrors.path(7), 'fsck');
  });

  test('locked by a process that was killed is taken over', async () => {
    await fixture.commit('main', { a: '1\n' });
    await fixture.refresh('main');
    const next = await fixture.commit('main', { a: '2\n' });
    const ended = spawn('true');
    await once(ended, 'exit');
    await writeFile(`${fixture.mirrors.path(7)}.lock`, String(ended.pid));
    expect(await fixture.refresh('main')).toEqual({ ok: true, shas: new Map([['main', next]]) });
  });
});

async function cutPacks(gitDir: string): Promise<void> {
  const directory = join(gitDir, 'objects', 'pack');
  for (const name of await readdir(directory)) {
    await truncate(join(directory, name), 40);
  }
}

describe('a problem of the server is a value', () => {
  test.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [429, 'limited'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('%i is %s', async (status, kind) => {
    await fixture.commit('main', { a: '1\n' });
    fixture.server.status = status;
    const result = await fixture.refresh('main');
    expect(result).toMatchObject({ ok: false, kind });
    expect(JSON.stringify(result)).not.toContain('ghs_');
  });

  test('a server that does not answer is unavailable', async () => {
    const nowhere = createMirrors({ directory: join(fixture.root, 'm2'), serverUrl: 'http://127.0.0.1:9' });
    const result = await nowhere.refresh({ repository: REPOSITORY, token: null, branches: ['main'] });
    expect(result).toMatchObject({ ok: false, kind: 'unavailable' });
  });

  test('a signal stops it', async () => {
    await fixture.commit('main', { a: '1\n' });
    const signal = AbortSignal.abort();
    const result = await fixture.mirrors.refresh({ repository: REPOSITORY, token: 'x', branches: ['main'], signal });
    expect(result).toMatchObject({ ok: false, kind: 'aborted' });
  });
});

describe('readFile', () => {
  test('gives plain UTF-8 text within the limit, and null for everything else', async () => {
    await git(fixture.checkout, 'config', 'core.symlinks', 'true');
    const files = { 'AGENTS.md': 'Be kind.\n', 'docs/Guide.MD': 'guide\n', big: 'x'.repeat(100), binary: '\0\u00ff' };
    const sha = await fixture.commit('main', files);
    await fixture.refresh('main');
    const read = (path: string): Promise<string | null> =>
      fixture.mirrors.readFile({ repositoryId: 7, sha, path, maxBytes: 50 });
    expect(await read('AGENTS.md')).toBe('Be kind.\n');
    expect(await read('docs/Guide.MD')).toBe('guide\n');
    expect(await read('agents.md')).toBeNull();
    expect(await read('big')).toBeNull();
    expect(await read('docs')).toBeNull();
    expect(await read('../../../../etc/passwd')).toBeNull();
    expect(await fixture.mirrors.readFile({ repositoryId: 8, sha, path: 'AGENTS.md', maxBytes: 50 })).toBeNull();
  });
});
