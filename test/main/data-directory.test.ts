import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureOwner } from '../../app/main/data-directory/ensure-owner.ts';

let one: string;
let two: string;
beforeEach(async () => {
  one = await mkdtemp(path.join(tmpdir(), 'bosun-place-'));
  two = await mkdtemp(path.join(tmpdir(), 'bosun-place-'));
});
afterEach(() => Promise.all([one, two].map((directory) => rm(directory, { recursive: true }))));

test('a data directory has one name, whichever process asks first, and no two have the same', async () => {
  const names = await Promise.all(Array.from({ length: 8 }, () => ensureOwner(one)));
  expect(new Set(names).size).toBe(1);
  expect(await ensureOwner(one)).toBe(names[0]);
  expect(await ensureOwner(two)).not.toBe(names[0]);
});

test('a name that was spoilt is not taken for one', async () => {
  await writeFile(path.join(one, 'owner'), '\n');
  await expect(ensureOwner(one)).rejects.toThrow(`${path.join(one, 'owner')} does not contain the name`);
});
