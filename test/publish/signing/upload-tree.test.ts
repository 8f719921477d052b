import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommitWriter } from '../../../app/github/github.ts';
import { readApproved, readChanges } from '../../../app/publish/signing/read-commits.ts';
import { uploadTree } from '../../../app/publish/signing/upload-tree.ts';
import { git } from '../../git/git-client.ts';
import { NAME, openHarness, type PublishingHarness } from '../publishing-harness.ts';

let harness: PublishingHarness;
let work: string;

beforeEach(async () => {
  harness = await openHarness({
    files: {
      'tool.sh': '#!/bin/sh\n',
      'folder/one.txt': '1\n',
      'folder/two.txt': '2\n',
      plain: 'a file\n',
      'only/deep/down.txt': 'x\n',
    },
  });
  work = await mkdtemp(join(tmpdir(), 'bosun-tree-'));
  await git(work, 'clone', '-q', harness.github.cloneUrl(NAME), '.');
});
afterEach(async () => {
  await harness.close();
  await rm(work, { recursive: true, force: true });
});

interface Way {
  readonly what: string;
  readonly change: () => Promise<unknown>;
  /** Requests for blobs and for trees. */
  readonly requests?: readonly [blobs: number, trees: number];
}

const WAYS: readonly Way[] = [
  { what: 'a file that becomes executable', change: () => chmod(join(work, 'tool.sh'), 0o755) },
  { what: 'a link', change: () => symlink('folder/one.txt', join(work, 'link')) },
  {
    what: 'a link in place of a file',
    change: () => rm(join(work, 'plain')).then(() => symlink('x', join(work, 'plain'))),
  },
  {
    what: 'bytes that are no text',
    change: () => writeFile(join(work, 'a.bin'), Buffer.from([0, 255, 254, 13, 10])),
    requests: [1, 1],
  },
  {
    what: 'text with a byte-order mark',
    change: () => writeFile(join(work, 'bom.txt'), '\ufeffx\r\n'),
    requests: [1, 1],
  },
  {
    what: 'text of all kinds',
    change: () => writeFile(join(work, 'ü 日本.txt'), '\u2028🙂\u0001\ud7ff "\\" \r\n \r\u0085'),
  },
  { what: 'an empty file', change: () => writeFile(join(work, 'empty'), '') },
  {
    what: 'a large file',
    change: () => writeFile(join(work, 'large.txt'), 'line\n'.repeat(200_000)),
    requests: [1, 1],
  },
  { what: 'a file that goes', change: () => rm(join(work, 'folder/one.txt')) },
  { what: 'a folder that goes', change: () => rm(join(work, 'only'), { recursive: true }) },
  {
    what: 'a folder in place of a file',
    change: async () => {
      await rm(join(work, 'plain'));
      await mkdir(join(work, 'plain'));
      await writeFile(join(work, 'plain/below'), 'x\n');
    },
    requests: [0, 2],
  },
  {
    what: 'a file in place of a folder',
    change: async () => {
      await rm(join(work, 'folder'), { recursive: true });
      await writeFile(join(work, 'folder'), 'x\n');
    },
    requests: [0, 2],
  },
  {
    what: 'a submodule',
    change: () => git(work, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`),
  },
  {
    what: 'many text files at once',
    change: async () => {
      for (let index = 0; index < 30; index += 1) {
        await writeFile(join(work, `many-${index}.txt`), `line ${index}\n`.repeat(10_000));
      }
    },
  },
];

test.each(WAYS)('$what has the same hash at GitHub', { timeout: 60_000 }, async ({ change, requests = [0, 1] }) => {
  await change();
  await git(work, 'add', '-A', ':!module');
  await git(work, 'commit', '-q', '-m', 'Change');
  const gitDir = join(work, '.git');
  const [headSha = '', baseSha = ''] = (await git(work, 'rev-parse', 'HEAD', 'HEAD^')).split('\n');
  const [commit] = await readApproved(gitDir, { baseSha, headSha });
  if (commit === undefined) {
    throw new Error('there is no commit');
  }
  const changes = await readChanges(gitDir, commit);
  const { installationId, repository } = await harness.task();
  const asked = harness.github.requests.length;
  const made = await harness.app
    .installation(installationId)
    .withCommitWriter(repository, (writer: CommitWriter) =>
      uploadTree(writer, { base: commit.parentTree, ...changes }),
    );
  expect(made).toEqual({ ok: true, value: { ok: true, value: commit.tree } });
  const paths = harness.github.requests.slice(asked).map(({ path }) => path);
  const count = (end: string): number => paths.filter((path) => path.endsWith(end)).length;
  if (requests[0] > 0 || requests[1] > 1) {
    expect([count('/git/blobs'), count('/git/trees')]).toEqual(requests);
  }
  expect(count('/git/trees')).toBeLessThanOrEqual(2);
});

test('lines of commits that do not start at the base are refused', async () => {
  await writeFile(join(work, 'x'), 'x\n');
  await git(work, 'add', '-A');
  await git(work, 'commit', '-q', '-m', 'Change');
  const [headSha = '', baseSha = ''] = (await git(work, 'rev-parse', 'HEAD', 'HEAD^')).split('\n');
  await expect(readApproved(join(work, '.git'), { baseSha: headSha, headSha: baseSha })).rejects.toThrow(
    'do not start',
  );
});
