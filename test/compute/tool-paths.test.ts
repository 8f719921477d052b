import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { describeToolPaths } from '../../app/compute/sandbox/tool-paths.ts';

test.each([
  ['a version of nvm', ['bin', 'lib/node_modules'], ['bin']],
  ['a root of pyenv', ['bin', 'shims', 'versions'], ['shims', 'bin']],
  ['a directory into which npm installed a program', ['node_modules/.bin'], ['node_modules/.bin']],
  ['a directory of programs', [], ['']],
])('%s is searched for programs', async (_name, directories, searched) => {
  const root = await mkdtemp(path.join(tmpdir(), 'bosun-tools-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await Promise.all(directories.map((directory) => mkdir(path.join(root, directory), { recursive: true })));
  const { mounts, search } = describeToolPaths([root]);
  expect(mounts).toEqual([root]);
  expect(search).toEqual(searched.map((directory) => path.join(root, directory)));
});
