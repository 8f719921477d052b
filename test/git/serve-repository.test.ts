import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AttemptRepository } from '../../app/git/attempt/attempt.ts';
import { git, gitClient } from './git-client.ts';
import { createGitDoor, type GitDoor } from './git-door.ts';
import { openGitFixture, WORK, writeFiles, type GitFixture } from './git-fixture.ts';

let fixture: GitFixture;
let repository: AttemptRepository;
let door: GitDoor;
let clone: string;
let base: string;
let hidden: string;

beforeAll(async () => {
  fixture = await openGitFixture();
  base = await fixture.commit('main', { 'README.md': '# Engine\n', 'src/a.js': 'a\n' });
  hidden = await fixture.commit('hidden', { 'secret.txt': 'of another branch\n' });
  await fixture.refresh('main', 'hidden');
  repository = await fixture.prepare();
  door = await createGitDoor(repository);
  clone = await mkdtemp(join(fixture.root, 'clone-'));
  await git(clone, 'clone', '-q', door.url, '.');
});

afterEach(async () => {
  door.refused.length = 0;
  await git(repository.path, 'update-ref', '-d', `refs/heads/${WORK}`);
  await git(clone, 'reset', '-q', '--hard', base);
});

afterAll(async () => {
  await door.close();
  await fixture.close();
});

async function commit(files: Record<string, string>, message = 'Work'): Promise<string> {
  await writeFiles(clone, files);
  await git(clone, 'add', '-A');
  await git(clone, 'commit', '-q', '--allow-empty', '-m', message);
  return git(clone, 'rev-parse', 'HEAD');
}

describe('clone', () => {
  test('gives the base branch, checked out', async () => {
    expect(await git(clone, 'rev-parse', 'HEAD')).toBe(base);
    expect(await git(clone, 'branch', '--show-current')).toBe('main');
  });

  test.each(['0', '2'])('shows one branch to protocol %s, although the mirror holds two', async (version) => {
    const refs = await git(clone, '-c', `protocol.version=${version}`, 'ls-remote', door.url);
    expect(refs.split('\n').map((line) => line.split('\t')[1])).toEqual(['HEAD', 'refs/heads/main']);
  });

  test.each(['0', '1', '2'])('does not give a commit of another branch by its hash to protocol %s', async (version) => {
    const result = await gitClient(clone, ['-c', `protocol.version=${version}`, 'fetch', door.url, hidden]);
    expect(result.code).not.toBe(0);
    expect((await gitClient(clone, ['cat-file', '-t', hidden])).code).not.toBe(0);
  });

  test('does not name commits of other branches to a pusher', async () => {
    const answer = await fetch(`${door.url}/info/refs?service=git-receive-pack`);
    const text = await answer.text();
    expect(text).toContain(base);
    expect(text).not.toContain(hidden);
    expect(text).not.toContain('.have');
  });

  test('a shallow clone works too', async () => {
    const shallow = await mkdtemp(join(fixture.root, 'shallow-'));
    expect(await gitClient(shallow, ['clone', '-q', '--depth', '1', door.url, '.'])).toMatchObject({ code: 0 });
  });
});

describe('a door that shows the base alone', () => {
  test('gives the base branch, hides the work, and takes no push', async () => {
    await commit({ 'src/a.js': 'later\n' });
    await git(clone, 'push', '-q', 'origin', `HEAD:refs/heads/${WORK}`);
    const work = await fixture.attempts.tip(repository);
    const narrow = await createGitDoor(repository, { show: 'base' });
    try {
      const refs = await git(clone, 'ls-remote', narrow.url);
      expect(refs.split('\n').map((line) => line.split('\t')[1])).toEqual(['HEAD', 'refs/heads/main']);
      const fresh = await mkdtemp(join(fixture.root, 'fresh-'));
      await git(fresh, 'init', '-q');
      expect((await gitClient(fresh, ['fetch', narrow.url, work ?? ''])).code).not.toBe(0);
      const pushed = await gitClient(clone, ['push', '-q', narrow.url, `HEAD:refs/heads/${WORK}`]);
      expect(pushed.code).not.toBe(0);
      expect(narrow.refused).toMatchObject([{ code: 'REF_NOT_ALLOWED' }]);
      expect(await fixture.attempts.tip(repository)).toBe(work);
    } finally {
      await narrow.close();
    }
  });
});

describe('push', () => {
  test('takes a commit of a shallow clone', async () => {
    await fixture.commit('main', { 'README.md': '# Engine 2\n' });
    const shallow = await mkdtemp(join(fixture.root, 'shallow-'));
    expect(await gitClient(shallow, ['clone', '-q', '--depth', '1', door.url, '.'])).toMatchObject({ code: 0 });
    await writeFiles(shallow, { 'src/a.js': 'shallow\n' });
    await git(shallow, 'commit', '-q', '-a', '-m', 'Work');
    const sha = await git(shallow, 'rev-parse', 'HEAD');
    expect(await gitClient(shallow, ['push', '-q', 'origin', `HEAD:refs/heads/${WORK}`])).toMatchObject({ code: 0 });
    expect(await fixture.attempts.tip(repository)).toBe(sha);
  });

  test('takes a commit to the work branch, again and again', async () => {
    const first = await commit({ 'src/a.js': 'b\n' });
    expect(await gitClient(clone, ['push', '-q', 'origin', `HEAD:refs/heads/${WORK}`])).toMatchObject({ code: 0 });
    expect(await fixture.attempts.tip(repository)).toBe(first);
    const second = await commit({ 'src/b.js': 'c\n' });
    expect(await gitClient(clone, ['push', '-q', 'origin', `HEAD:refs/heads/${WORK}`])).toMatchObject({ code: 0 });
    expect(await fixture.attempts.tip(repository)).toBe(second);
    expect(door.refused).toEqual([]);
  });

  test('takes one that git sends in chunks, after probing with an empty request', async () => {
    const noise = Array.from({ length: 40_000 }, (_, index) => Math.sin(index)).join('\n');
    const sha = await commit({ 'noise.txt': noise });
    const flags = ['-c', 'http.postBuffer=65536', 'push', '-q'];
    expect(await gitClient(clone, [...flags, 'origin', `HEAD:refs/heads/${WORK}`])).toEqual({
      code: 0,
      stdout: '',
      output: '',
    });
    expect(await fixture.attempts.tip(repository)).toBe(sha);
  });

  test('takes an amended commit: what was pushed is replaced, and remembered in the log of the branch', async () => {
    const first = await commit({ 'src/a.js': 'b\n' });
    await git(clone, 'push', '-q', 'origin', `HEAD:refs/heads/${WORK}`);
    await git(clone, 'commit', '-q', '--amend', '-m', 'Better');
    await git(clone, 'push', '-q', '--force', 'origin', `HEAD:refs/heads/${WORK}`);
    expect(await fixture.attempts.tip(repository)).toBe(await git(clone, 'rev-parse', 'HEAD'));
    expect(await git(repository.path, 'rev-parse', `${WORK}@{1}`)).toBe(first);
  });

  const wrong: readonly (readonly [string, readonly string[]])[] = [
    ['the base branch', ['HEAD:refs/heads/main']],
    ['another branch', ['HEAD:refs/heads/evil']],
    ['a branch below ours', [`HEAD:refs/heads/${WORK}/more`]],
    ['ours in capitals', [`HEAD:refs/heads/${WORK.toUpperCase()}`]],
    ['a branch with a shell command in its name', ['HEAD:refs/heads/fix/$(touch${IFS}PWNED)']],
    ['a branch with backticks', ['HEAD:refs/heads/`id`']],
    ['a branch that reads as an option', ['HEAD:refs/heads/--upload-pack=touch']],
    ['a branch named like a ref', ['HEAD:refs/heads/refs/heads/main']],
    ['a branch with a right-to-left override', ['HEAD:refs/heads/\u202egnp.exe']],
    ['a tag', ['HEAD:refs/tags/v1']],
    ['a note', ['HEAD:refs/notes/commits']],
    ['a ref of ours', ['HEAD:refs/bosun/x']],
    ['two refs at once', [`HEAD:refs/heads/${WORK}`, 'HEAD:refs/heads/evil']],
    ['a pull request', ['HEAD:refs/pull/1/head']],
    ['a deletion of the base', [':refs/heads/main']],
    ['everything', ['--mirror']],
  ];
  test.each(wrong)('refuses %s and moves nothing', async (_, refspecs) => {
    await commit({ 'src/a.js': 'b\n' });
    const before = await git(repository.path, 'for-each-ref');
    const result = await gitClient(clone, ['push', '--force', 'origin', ...refspecs]);
    expect(result.code).not.toBe(0);
    expect(result.output).toContain('REF_NOT_ALLOWED');
    expect(result.output).toContain(`only refs/heads/${WORK} may be pushed here`);
    expect(await git(repository.path, 'for-each-ref')).toBe(before);
    expect(door.refused.map((refusal) => refusal.code)).toEqual(['REF_NOT_ALLOWED']);
  });

  test('refuses to delete the work branch', async () => {
    const sha = await commit({ 'src/a.js': 'b\n' });
    await git(clone, 'push', '-q', 'origin', `HEAD:refs/heads/${WORK}`);
    const result = await gitClient(clone, ['push', 'origin', `:refs/heads/${WORK}`]);
    expect(result.output).toContain('the branch may not be deleted');
    expect(await fixture.attempts.tip(repository)).toBe(sha);
  });

  test('offers no push options, so a client that wants some gives up', async () => {
    await commit({ 'src/a.js': 'b\n' });
    const result = await gitClient(clone, ['push', '-o', 'ci.skip;id', 'origin', `HEAD:refs/heads/${WORK}`]);
    expect(result.code).not.toBe(0);
    expect(await fixture.attempts.tip(repository)).toBeNull();
  });

  test('refuses more objects than allowed before taking any', async () => {
    const sha = await commit({ 'src/a.js': 'b\n' });
    const command = `${'0'.repeat(40)} ${sha} refs/heads/${WORK}\0report-status`;
    const header = Buffer.concat([Buffer.from('PACK'), Buffer.from([0, 0, 0, 2]), Buffer.from([0, 1, 0, 0])]);
    const body = Buffer.concat([
      Buffer.from((command.length + 4).toString(16).padStart(4, '0') + command + '0000'),
      header,
    ]);
    const answer = await fetch(`${door.url}/git-receive-pack`, { method: 'POST', body });
    expect(await answer.text()).toContain('TOO_LARGE: a push may have 20000 objects, found 65536');
    expect(await fixture.attempts.tip(repository)).toBeNull();
  });

  test.each([
    ['no push at all', Buffer.from('GET / HTTP/1.1\r\n\r\n'), {}],
    ['a list without an end', Buffer.from('00'), {}],
    ['broken gzip', Buffer.from('nothing packed'), { 'content-encoding': 'gzip' }],
  ])('answers 400 to %s', async (_, body, headers) => {
    const answer = await fetch(`${door.url}/git-receive-pack`, { method: 'POST', body, headers });
    expect(answer.status).toBe(400);
  });

  test('answers 413 to a gzip bomb without inflating it', async () => {
    const line = Buffer.from(`00a0${'x'.repeat(156)}`);
    const bomb = gzipSync(Buffer.concat([line, Buffer.from('0000'), Buffer.alloc(80 * 1024 * 1024)]), { level: 9 });
    const headers = { 'content-encoding': 'gzip' };
    const answer = await fetch(`${door.url}/git-receive-pack`, { method: 'POST', body: bomb, headers });
    expect(answer.status).toBe(413);
  });
});

describe('objects that git refuses are refused at the door', () => {
  const evil: readonly (readonly [string, string])[] = [
    ['a path named ..', '..'],
    ['a path named .git', '.git'],
    ['.git in other letters', '.GIT'],
    ['.git as NTFS sees it', 'git~1'],
    ['.git with a zero-width joiner, as HFS+ sees it', '.g\u200cit'],
  ];
  test.each(evil)('%s', async (_, name) => {
    const blob = (await gitClient(clone, ['hash-object', '-w', '--stdin'], { input: 'evil\n' })).stdout;
    const inner = (await gitClient(clone, ['mktree'], { input: `100644 blob ${blob}\tconfig\n` })).stdout;
    const entry = Buffer.concat([Buffer.from(`40000 ${name}\0`), Buffer.from(inner, 'hex')]);
    const tree = await gitClient(clone, ['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], {
      input: entry,
    });
    const sha = await git(clone, 'commit-tree', '-p', base, '-m', 'evil', tree.stdout);
    const result = await gitClient(clone, ['push', 'origin', `${sha}:refs/heads/${WORK}`]);
    expect(result.code).not.toBe(0);
    expect(await fixture.attempts.tip(repository)).toBeNull();
    const left = await git(repository.path, 'cat-file', '--batch-all-objects', '--batch-check');
    expect(left).not.toContain(sha);
  });
});

test.each([
  ['GET', '/HEAD', 404],
  ['GET', '/objects/info/packs', 404],
  ['GET', '/config', 404],
  ['GET', '/info/refs', 403],
  ['GET', '/info/refs?service=git-upload-archive', 403],
  ['GET', '/git-upload-pack', 405],
  ['PUT', '/git-receive-pack', 405],
])('%s %s is answered %i', async (method, path, status) => {
  const answer = await fetch(`${door.url}${path}`, { method });
  expect(answer.status).toBe(status);
  expect(await answer.text()).not.toBe('');
});
