import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectWork } from '../../../app/publish/inspect/inspect-work.ts';
import { git } from '../../git/git-client.ts';

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize 12345\n`;

const BASE: Record<string, string> = {
  '.gitattributes':
    '[attr]sealed filter=git-crypt diff=git-crypt\n*.bin filter=lfs diff=lfs merge=lfs -text\n*.key sealed\n',
  'plain/.gitattributes': '*.bin -filter\n',
  'art/.gitattributes': '*.psd filter=lfs\nraw.bin !filter\n',
  'logo.bin': POINTER,
  'raw.dat': 'raw bytes\n',
  'main.c': 'int main;\n',
};

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bosun-filter-'));
  await git(directory, 'init', '-q', '.');
  await write(BASE);
  await commit();
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

/** As the worker commits: git runs no filter. */
async function commit(): Promise<string> {
  await git(directory, 'add', '-A');
  await git(directory, 'commit', '-q', '-m', 'Work');
  return git(directory, 'rev-parse', 'HEAD');
}

async function inspect() {
  const baseSha = await git(directory, 'rev-list', '--max-parents=0', 'HEAD');
  const tipSha = await git(directory, 'rev-parse', 'HEAD');
  return inspectWork({ gitDir: join(directory, '.git'), baseSha, tipSha }, () => []);
}

async function filters(): Promise<Record<string, string | null>> {
  const { facts } = await inspect();
  return Object.fromEntries(facts.net.map(({ path, filterNotRun }) => [path, filterNotRun]));
}

const MOVED: Record<string, () => Promise<void>> = {
  async 'a pointer that moves'() {
    await rename(join(directory, 'logo.bin'), join(directory, 'art/logo.bin'));
  },
  async 'a pointer that is copied'() {
    await write({ 'art/logo.bin': POINTER });
  },
  async 'a pointer that is deleted'() {
    await rm(join(directory, 'logo.bin'));
  },
  async 'a pointer that may now be executed'() {
    await chmod(join(directory, 'logo.bin'), 0o755);
  },
};

test.each(Object.entries(MOVED))('%s passes', async (_, act) => {
  await act();
  await commit();
  expect(Object.values(await filters()).filter((filter) => filter !== null)).toEqual([]);
});

test('content that an agent wrote where the attributes name a filter is found, with the filter', async () => {
  await write({
    'logo.bin': 'real bytes\n',
    'icon.bin': 'real bytes\n',
    'made-up.bin': POINTER.replace('12345', '12346'),
    'moved.bin': 'raw bytes\n',
    'new folder/deep/ünï.bin': 'real bytes\n',
    'a.key': 'private\n',
    'art/x.psd': 'layers\n',
    'art/raw.bin': 'no filter here\n',
    'plain/x.bin': 'no filter here\n',
    'x.psd': 'no filter here\n',
    'main.c': 'int main();\n',
  });
  await commit();
  expect(await filters()).toEqual({
    'logo.bin': 'lfs',
    'icon.bin': 'lfs',
    'made-up.bin': 'lfs',
    'moved.bin': 'lfs',
    'new folder/deep/ünï.bin': 'lfs',
    'a.key': 'git-crypt',
    'art/x.psd': 'lfs',
    'art/raw.bin': null,
    'plain/x.bin': null,
    'x.psd': null,
    'main.c': null,
  });
});

test('attributes that the work itself removes do not count', async () => {
  await write({ '.gitattributes': '', 'logo.bin': 'real bytes\n' });
  await commit();
  expect(await filters()).toMatchObject({ 'logo.bin': 'lfs' });
});

test('a commit on the way is looked at as the result is', async () => {
  await write({ 'logo.bin': 'real bytes\n' });
  await commit();
  await write({ 'logo.bin': POINTER, 'main.c': 'int main();\n' });
  await commit();
  const { facts } = await inspect();
  expect(facts.net.map(({ path, filterNotRun }) => [path, filterNotRun])).toEqual([['main.c', null]]);
  expect(facts.steps.map(({ path, filterNotRun }) => [path, filterNotRun])).toEqual([
    ['logo.bin', 'lfs'],
    ['logo.bin', null],
    ['main.c', null],
  ]);
});
