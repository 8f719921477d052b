import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstructionFile } from '../../app/config/instruction-files.ts';
import type { Document } from '../../app/git/read-document.ts';
import { git } from './git-client.ts';
import { openGitFixture, type GitFixture } from './git-fixture.ts';

let fixture: GitFixture;
let sha: string;

const LINKS: Readonly<Record<string, string>> = {
  'CLAUDE.md': 'AGENTS.md',
  'to-folder.md': 'docs/agents.md',
  'out.md': '../../../etc/passwd',
  'absolute.md': '/etc/passwd',
  'broken.md': 'nothing.md',
  'other.md': 'README.md',
  'loop.md': 'loop.md',
  'linked-folder': 'docs',
};

beforeAll(async () => {
  fixture = await openGitFixture();
  await git(fixture.checkout, 'config', 'core.symlinks', 'true');
  await fixture.commit('main', {
    'AGENTS.md': 'Be kind.\n',
    'README.md': 'Read me.\n',
    'docs/agents.md': 'From docs.\n',
    'docs/CONTRIBUTING.md': 'line of twenty bytes\n'.repeat(20),
    'wide.md': 'é'.repeat(100),
    'binary.md': 'a\0b',
    'huge.md': 'x'.repeat(1024 * 1024 + 1),
  });
  for (const [name, target] of Object.entries(LINKS)) {
    await rm(join(fixture.checkout, name), { force: true });
    await symlink(target, join(fixture.checkout, name));
  }
  sha = await fixture.commit('main', { 'last.txt': 'x' });
  await fixture.refresh('main');
}, 60_000);

afterAll(() => fixture.close());

function read(path: string): Promise<Document> {
  return fixture.mirrors.readDocument({ repositoryId: 7, sha, path, maxBytes: 101, mayFollow: isInstructionFile });
}

describe('a document is read', () => {
  test.each([
    ['a plain file', 'AGENTS.md', 'Be kind.\n', false],
    ['a link beside it', 'CLAUDE.md', 'Be kind.\n', false],
    ['a link into a folder', 'to-folder.md', 'From docs.\n', false],
    ['a long file up to its last whole line', 'docs/CONTRIBUTING.md', 'line of twenty bytes\n'.repeat(4), true],
    ['a long line up to its last whole character', 'wide.md', 'é'.repeat(50), true],
  ])('%s', async (_what, path, text, isCut) => {
    expect(await read(path)).toEqual({ kind: 'text', text, isCut });
  });
});

describe('a document that is not read is named with the reason', () => {
  test.each([
    ['a link out of the repository', 'out.md', /out of this repository/],
    ['an absolute link', 'absolute.md', /out of this repository/],
    ['a link to nothing', 'broken.md', /may change|no file/],
    ['a link to a file that agents may change', 'other.md', /README\.md, a file that agents may change/],
    ['a link to itself', 'loop.md', /may change|too many/],
    ['a folder', 'docs', /is a folder/],
    ['no text', 'binary.md', /NUL/],
    ['a huge file', 'huge.md', /1 MiB/],
  ])('%s', async (_what, path, why) => {
    const document = await read(path);
    expect(document.kind === 'unreadable' ? document.why : document.kind).toMatch(why);
  });
});

test('a document that is not there is absent', async () => {
  expect(await read('GEMINI.md')).toEqual({ kind: 'absent' });
  expect(await read('../AGENTS.md')).toEqual({ kind: 'absent' });
});

test.each([
  ['docs', 'folder'],
  ['linked-folder', 'folder'],
  ['README.md', 'file'],
  ['packages/does-not-exist', 'absent'],
  ['out.md', 'absent'],
])('the path %s is: %s', async (path, kind) => {
  expect(await fixture.mirrors.pathKind({ repositoryId: 7, sha, path })).toBe(kind);
});
