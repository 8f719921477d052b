import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GitPort } from '../../app/door/git/git-port.ts';
import { serveRepository } from '../../app/git/serve/serve-repository.ts';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { git, gitClient } from '../git/git-client.ts';
import { openGitFixture, WORK, writeFiles } from '../git/git-fixture.ts';
import type { GitFixture } from '../git/git-fixture.ts';
import { openDoor, refusalOf } from './open-door.ts';
import { TOKEN } from './attempt-world.ts';

const WITH_TOKEN = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader' };

describe('git through the door', () => {
  let fixture: GitFixture;
  beforeEach(async () => {
    fixture = await openGitFixture();
  });
  afterEach(() => fixture.close());

  async function open(limits: { gitBodyBytes?: number } = {}) {
    await fixture.commit('main', { 'README.md': 'hello\n' });
    const repository = await fixture.prepare();
    const headersSeen: object[] = [];
    const port: GitPort = {
      handle: (_session, request) => {
        headersSeen.push(request.headers);
        return serveRepository(repository, request, {
          keep: () => fixture.attempts.keep(repository),
          show: 'all',
        });
      },
    };
    const opened = await openDoor({ git: port, limits });
    const env = { ...WITH_TOKEN, GIT_CONFIG_VALUE_0: `Authorization: Bearer ${TOKEN}` };
    const remote = `${opened.url}${DOOR_PATHS.git}`;
    const clone = join(fixture.root, 'clone');
    return { ...opened, env, remote, clone, headersSeen };
  }

  test('a worker clones, commits and pushes its branch', async () => {
    const { env, remote, clone, headersSeen } = await open();
    expect((await gitClient(fixture.root, ['clone', '-q', remote, clone], { env })).code).toBe(0);
    await writeFiles(clone, { 'big.txt': 'line\n'.repeat(400_000), 'fix.txt': 'fixed\n' });
    await git(clone, 'add', '-A');
    await git(clone, 'commit', '-q', '-m', 'Fix it');
    const pushed = await gitClient(clone, ['push', '-q', 'origin', `HEAD:refs/heads/${WORK}`], { env });
    expect(pushed).toMatchObject({ code: 0 });
    expect(await fixture.attempts.tip({ taskId: '01WORK', epoch: 1 })).toBe(await git(clone, 'rev-parse', 'HEAD'));
    expect(JSON.stringify(headersSeen)).not.toContain(TOKEN);
  });

  test('credentials in the remote work as well, and wrong ones do not', async () => {
    const { remote, clone } = await open();
    const right = remote.replace('http://', `http://x:${TOKEN}@`);
    const wrong = remote.replace('http://', 'http://x:wrong@');
    expect((await gitClient(fixture.root, ['clone', '-q', right, clone])).code).toBe(0);
    const refused = await gitClient(fixture.root, ['clone', '-q', wrong, `${clone}2`]);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain('Authentication failed');
  });

  test('a push to another branch is refused, reported to git and logged', async () => {
    const { env, remote, clone, logged } = await open();
    await gitClient(fixture.root, ['clone', '-q', remote, clone], { env });
    await git(clone, 'commit', '-q', '--allow-empty', '-m', 'Mischief');
    const pushed = await gitClient(clone, ['push', 'origin', 'HEAD:refs/heads/main'], { env });
    expect(pushed.code).not.toBe(0);
    expect(pushed.output).toContain('only');
    expect(logged.join()).toContain('REF_NOT_ALLOWED');
  });

  test('an attempt that is over can neither clone nor push', async () => {
    const { env, remote, clone, world } = await open();
    await gitClient(fixture.root, ['clone', '-q', remote, clone], { env });
    await git(clone, 'commit', '-q', '--allow-empty', '-m', 'Too late');
    await world.makeStale();
    const pushed = await gitClient(clone, ['push', 'origin', `HEAD:refs/heads/${WORK}`], { env });
    expect(pushed.code).not.toBe(0);
    expect(pushed.output).toContain('409');
    expect(await fixture.attempts.tip({ taskId: '01WORK', epoch: 1 })).toBeNull();
  });
});

describe('the git routes', () => {
  test.each([
    ['GET', '/HEAD'],
    ['GET', '/objects/info/packs'],
    ['GET', '/git-upload-pack'],
    ['POST', '/git-upload-archive'],
    ['PUT', '/info/refs'],
    ['GET', '/../../etc/passwd'],
    ['POST', '/git-receive-pack/../git-upload-archive'],
  ])('know no %s %s', async (method, path) => {
    const { url } = await openDoor();
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`${url}${DOOR_PATHS.git}${path}`, { method, headers });
    expect(await refusalOf(response)).toBe('404 error NOT_FOUND');
  });

  test('refuse a body that announces to be too large', async () => {
    const { post } = await openDoor({ limits: { gitBodyBytes: 10 } });
    const response = await post(`${DOOR_PATHS.git}/git-receive-pack`, '0123456789a');
    expect(await refusalOf(response)).toBe('413 error TOO_LARGE');
  });

  test('a port that fails is an error of the server, reported without its details', async () => {
    const handle = () => Promise.reject(new Error('disk of the server is full'));
    const { post, logged } = await openDoor({ git: { handle } });
    const response = await post(`${DOOR_PATHS.git}/git-upload-pack`, '');
    expect(await refusalOf(response.clone())).toBe('500 error INTERNAL');
    expect(await response.text()).not.toContain('disk');
    expect(logged).toHaveLength(1);
  });
});
