import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEnvironmentDirectories } from '../../app/compute/environments/environment-directory.ts';
import type { EnvironmentDirectories } from '../../app/compute/environments/environment-directory.ts';

/** Environments of 1,000 bytes, of which the first was used the longest time ago. */
async function makeEnvironments(
  keys: readonly string[],
): Promise<{ root: string; directories: EnvironmentDirectories }> {
  const root = await mkdtemp(path.join(tmpdir(), 'bosun-environments-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const directories = createEnvironmentDirectories(root);
  for (const [at, key] of keys.entries()) {
    await directories.make(key, async (draft) => {
      await mkdir(path.join(draft, 'repository'));
      await mkdir(path.join(draft, 'home'));
      return { uid: 1, bytes: 1_000 };
    });
    await utimes(path.join(root, key, 'environment.json'), 1_000 + at, 1_000 + at);
  }
  return { root, directories };
}

test('the environments not used for the longest time go until the rest fits', async () => {
  const { directories, root } = await makeEnvironments(['a', 'b', 'c']);
  await directories.prune(2_000);
  expect((await readdir(root)).sort()).toEqual(['b', 'c']);
});

test('one that a session uses stays, and so does the newest, from which one is about to start', async () => {
  const { directories, root } = await makeEnvironments(['a', 'b', 'c']);
  const leave = directories.use('a');
  await directories.prune(0);
  expect((await readdir(root)).sort()).toEqual(['a', 'c']);
  leave();
  await directories.prune(0);
  expect(await readdir(root)).toEqual(['c']);
});
