import { describe, expect, test } from 'vitest';
import { createRepoFiles } from '../../app/admission/repo-file.ts';
import type { GitHub, GitHubProblem } from '../../app/github/github.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const REPOSITORY = {
  id: 1,
  owner: 'acme',
  name: 'engine',
  defaultBranch: 'main',
  archived: false,
  url: 'https://github.test/acme/engine',
};

function problem(kind: GitHubProblem['kind'], message: string): { ok: false; problem: GitHubProblem } {
  return { ok: false, problem: { kind, status: null, message, retryAt: null } };
}

/** A repository with these files, by path. */
function githubWith(files: Readonly<Record<string, string | Buffer>>): Pick<GitHub, 'fetchFile' | 'fetchFolder'> {
  return {
    fetchFile: async (_repository, { path }) => {
      const file = files[path];
      return file === undefined ? problem('not_found', 'Not Found') : { ok: true, value: Buffer.from(file) };
    },
    fetchFolder: async (_repository, { path }) => {
      const start = path === '' ? '' : `${path}/`;
      const names = Object.keys(files)
        .filter((name) => name.startsWith(start))
        .map((name) => name.slice(start.length).split('/')[0] ?? '');
      return names.length === 0 ? problem('not_found', 'Not Found') : { ok: true, value: [...new Set(names)] };
    },
  };
}

function createFiles(): ReturnType<typeof createRepoFiles> {
  return createRepoFiles({ clock: { now: () => NOW } });
}

describe('a file that was meant as the settings of the repository is found', () => {
  test.each([
    '.github/bosun.yaml',
    '.github/Bosun.yml',
    '.github/BOSUN.YAML',
    '.github/.bosun.yml',
    '.github/bosun.json',
    '.github/bosun-config.yml',
    '.github/bosun.yml.txt',
    '.Github/bosun.yml',
    'github/bosun.yml',
    '_github/bosun.yml',
    'bosun.yml',
    'bosun.yaml',
    '.bosun.yml',
    'Bosun.yml',
    '.config/bosun.yml',
    'docs/bosun.yml',
  ])('%s', async (path) => {
    const github = githubWith({ 'README.md': '', [path]: 'budget: {task: 1}' });
    expect(await createFiles().read(REPOSITORY, github)).toMatchObject({ ok: true, isMissing: true });
    expect(await createFiles().findMisplaced(REPOSITORY, github)).toBe(path);
  });

  test.each([
    '.github/workflows/bosun.yml',
    'src/bosun.yml',
    '.github/bosun.md',
    'bosun/config.yml',
    'bosun-helm.yml',
    '.github/ISSUE_TEMPLATE/bosun.yml',
  ])('%s is something else', async (path) => {
    expect(await createFiles().findMisplaced(REPOSITORY, githubWith({ 'README.md': '', [path]: '' }))).toBeNull();
  });
});

describe('a file that cannot be read is a mistake and not an outage', () => {
  test.each([
    [
      'a broken link',
      problem('invalid', 'is a symbolic link that leads to no file of this repository'),
      /symbolic link/,
    ],
    ['a folder', problem('invalid', 'is a folder, not a file'), /folder/],
    ['a submodule', problem('invalid', 'is a submodule, not a file'), /submodule/],
    ['too large', problem('invalid', 'is larger than 1 MiB'), /1 MiB/],
  ])('%s', async (_what, answer, says) => {
    const file = await createFiles().read(REPOSITORY, { fetchFile: async () => answer });
    expect(file).toMatchObject({ ok: false, mistakes: [{ line: 0, message: expect.stringMatching(says) }] });
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeffbudget: {task: 1}', 'utf16le'), /UTF-16/],
    ['Latin-1', Buffer.from('verify: "é"', 'latin1'), /not UTF-8/],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n', /Git LFS/],
    ['64 KiB and more', `verify: ${'x'.repeat(70_000)}`, /bytes/],
  ])('%s', async (_what, content, says) => {
    const file = await createFiles().read(REPOSITORY, githubWith({ '.github/bosun.yml': content }));
    expect(file).toMatchObject({ ok: false, mistakes: [{ message: expect.stringMatching(says) }] });
  });
});

test.each(['unavailable', 'limited', 'unauthorized', 'forbidden', 'gone'] as const)(
  'GitHub’s answer %s is asked again later',
  async (kind) => {
    const read = createFiles().read(REPOSITORY, { fetchFile: async () => problem(kind, 'no') });
    await expect(read).rejects.toMatchObject({ name: 'RetryLater', at: new Date(NOW.getTime() + 30_000) });
  },
);
