import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalGitHub } from '../../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { runGitClient } from './run-git-client.ts';

const NAME = 'ada/engine';
let github: LocalGitHub;
let work: string;

beforeEach(async () => {
  github = await createLocalGitHub({ deliveries: 'manual' });
  work = await mkdtemp(join(tmpdir(), 'git-transport-'));
  github.createUser({ login: 'ada' });
  github.createUser({ login: 'eve' });
  await github.createRepository({ owner: 'ada', name: 'engine', files: { 'README.md': '# Engine\n' } });
});

afterEach(async () => {
  await github.close();
  await rm(work, { recursive: true, force: true });
});

function withToken(token: string): string {
  return github.cloneUrl(NAME).replace('http://', `http://x-access-token:${token}@`);
}

async function cloneAndCommit(url: string, branch: string): Promise<string> {
  const dir = join(work, 'clone');
  expect(await runGitClient(work, 'clone', '-q', url, dir)).toMatchObject({ code: 0 });
  await runGitClient(dir, 'checkout', '-q', '-B', branch);
  await writeFile(join(dir, 'new.txt'), `${branch}\n`);
  await runGitClient(dir, 'add', '.');
  await runGitClient(dir, 'commit', '-q', '-m', 'Add a file');
  return dir;
}

test('a public repository is cloned without credentials, over protocol 2', async () => {
  const result = await runGitClient(work, '-c', 'protocol.version=2', 'clone', '-q', github.cloneUrl(NAME), 'copy');
  expect(result).toEqual({ code: 0, output: '' });
  expect(github.requests.map(({ path, status }) => `${path} ${status}`)).toContain(
    '/ada/engine.git/git-upload-pack 200',
  );
});

test('a private repository is invisible without a token and 404 to a token for another repository', async () => {
  await github.createRepository({ owner: 'ada', name: 'secret', private: true, files: { a: 'b\n' } });
  const other = github.createInstallationToken(NAME);
  const url = github.cloneUrl('ada/secret');
  expect((await runGitClient(work, 'clone', url, 'one')).code).not.toBe(0);
  const foreign = url.replace('http://', `http://x-access-token:${other}@`);
  expect((await runGitClient(work, 'clone', foreign, 'two')).output).toMatch(/not found/i);
  const right = github.createInstallationToken('ada/secret', { contents: 'read' });
  expect(await runGitClient(work, 'clone', '-q', url.replace('http://', `http://x:${right}@`), 'three')).toMatchObject({
    code: 0,
  });
});

test('a push moves the branch and the head of its pull request before git reports success', async () => {
  const dir = await cloneAndCommit(withToken(github.createInstallationToken(NAME)), 'topic');
  expect(await runGitClient(dir, 'push', '-q', 'origin', 'topic')).toMatchObject({ code: 0 });
  const issue = await github.openPull(NAME, { as: 'ada', title: 'Topic', head: 'topic' });
  const first = issue.pull?.head.sha;
  await runGitClient(dir, 'commit', '-q', '--allow-empty', '-m', 'More');
  expect(await runGitClient(dir, 'push', '-q', 'origin', 'topic')).toMatchObject({ code: 0 });
  expect(issue.pull?.head.sha).toBe((await runGitClient(dir, 'rev-parse', 'HEAD')).output.trim());
  await github.deliver();
  const actions = github.deliveries.map(({ event, action }) => `${event} ${action}`);
  expect(actions).toEqual(['push null', 'pull_request opened', 'pull_request synchronize', 'push null']);
  const synchronize = JSON.parse(github.deliveries[2]?.body ?? '{}') as Record<string, unknown>;
  expect(synchronize).toMatchObject({
    before: first,
    after: issue.pull?.head.sha,
    sender: { login: github.app.botLogin },
  });
});

test('a token without contents:write, someone without write access and an expired token cannot push', async () => {
  const dir = await cloneAndCommit(withToken(github.createInstallationToken(NAME, { contents: 'read' })), 'topic');
  expect((await runGitClient(dir, 'push', 'origin', 'topic')).output).toMatch(/403|denied/);
  const stranger = github.createPersonalToken('eve');
  expect((await runGitClient(dir, 'push', withToken(stranger), 'topic')).output).toMatch(/403|denied/);
  const aged = github.createInstallationToken(NAME);
  github.clock.advance(3_600_001);
  expect((await runGitClient(dir, 'push', withToken(aged), 'topic')).code).not.toBe(0);
  expect((await github.git(NAME, ['rev-parse', '--verify', '-q', 'refs/heads/topic'])).code).not.toBe(0);
});

test('a protected branch refuses the push with the text of its rule, except for those it names', async () => {
  await github.protectRef(NAME, {
    ref: 'refs/heads/main',
    message: 'Changes must be made through a pull request.',
    except: ['ada'],
  });
  const dir = await cloneAndCommit(withToken(github.createInstallationToken(NAME)), 'main');
  const refused = await runGitClient(dir, 'push', 'origin', 'main');
  expect(refused.output).toContain('GH013: Repository rule violations found for refs/heads/main.');
  expect(refused.output).toContain('Changes must be made through a pull request.');
  expect(await runGitClient(dir, 'push', '-q', withToken(github.createPersonalToken('ada')), 'main')).toMatchObject({
    code: 0,
  });
});

test('a push whose answer is lost has still moved the branch', async () => {
  const dir = await cloneAndCommit(withToken(github.createInstallationToken(NAME)), 'topic');
  github.faults.add({ method: 'POST', path: /git-receive-pack$/, dropResponse: 'after' });
  expect((await runGitClient(dir, 'push', 'origin', 'topic')).code).not.toBe(0);
  expect((await github.git(NAME, ['rev-parse', '--verify', 'refs/heads/topic'])).code).toBe(0);
});

test('the new long token format works for git too', async () => {
  github.setTokenFormat('long');
  const token = github.createInstallationToken(NAME);
  expect(token).toMatch(/^ghs_\d+_[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(token.length).toBeGreaterThan(450);
  const dir = await cloneAndCommit(withToken(token), 'topic');
  expect(await runGitClient(dir, 'push', '-q', 'origin', 'topic')).toMatchObject({ code: 0 });
});
