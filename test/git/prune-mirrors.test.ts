import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noteUse, pruneMirrors } from '../../app/git/prune-mirrors.ts';

const DAY = new Date('2026-11-30T00:00:00Z');

/** Mirrors of 1,000 bytes, each used last so many days before `DAY`. */
async function makeMirrors(days: Readonly<Record<string, number>>): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-mirrors-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [name, ago] of Object.entries(days)) {
    const pack = path.join(directory, name, 'objects', 'pack');
    await mkdir(pack, { recursive: true });
    await writeFile(path.join(pack, 'a.pack'), Buffer.alloc(1_000));
    await noteUse(path.join(directory, name));
    const usedAt = new Date(DAY.getTime() - ago * 86_400_000);
    await utimes(path.join(directory, name, 'bosun-used'), usedAt, usedAt);
  }
  return directory;
}

test.each([
  ['all fit', 4_000, ['1.git', '2.git', '3.git']],
  ['the one not used for the longest time goes first', 2_000, ['1.git', '3.git']],
  ['what was used since stays, whatever its size', 0, ['3.git']],
])('%s', async (_name, maxBytes, left) => {
  const directory = await makeMirrors({ '1.git': 5, '2.git': 9, '3.git': 1 });
  const pruned = await pruneMirrors(directory, { maxBytes, unusedSince: new Date(DAY.getTime() - 2 * 86_400_000) });
  expect((await readdir(directory)).sort()).toEqual(left);
  expect(pruned).toEqual({ removed: 3 - left.length, bytes: left.length * 1_000 });
});

test('a use is noted, so that the mirror is not the next to go', async () => {
  const directory = await makeMirrors({ '1.git': 9, '2.git': 5 });
  await noteUse(path.join(directory, '1.git'), DAY);
  await pruneMirrors(directory, { maxBytes: 1_000, unusedSince: DAY });
  expect(await readdir(directory)).toEqual(['1.git']);
});

test('nothing but mirrors is touched, and a directory that is not there is no failure', async () => {
  const directory = await makeMirrors({ notes: 9, '1.git.new': 9 });
  await pruneMirrors(directory, { maxBytes: 0, unusedSince: DAY });
  expect(await readdir(directory)).toHaveLength(2);
  expect(await pruneMirrors('/no/such/directory', { maxBytes: 0, unusedSince: DAY })).toEqual({ removed: 0, bytes: 0 });
});
