import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createLfsFiles, type LfsNeed } from '../../app/git/lfs/lfs-files.ts';

const home = await mkdtemp(path.join(tmpdir(), 'bosun-lfs-files-'));
afterAll(() => rm(home, { recursive: true, force: true }));

const AT = { taskId: 'T1', epoch: 1 };
const OWN = 'aa'.repeat(32);
const FOREIGN = 'bb'.repeat(32);

/** An attempt of repository 7, whose base commit has one pointer; each repository has files of its own. */
function open(fetch: (need: LfsNeed) => Promise<void> = async () => undefined) {
  const listed: string[] = [];
  const files = createLfsFiles({
    repositories: {
      find: async ({ taskId }) =>
        taskId === AT.taskId
          ? {
              ...AT,
              path: home,
              repositoryId: 7,
              baseBranch: 'main',
              baseSha: '1'.repeat(40),
              workBranch: 'bosun/x',
              startSha: '1'.repeat(40),
            }
          : null,
    },
    store: {
      pointers: async ({ sha }) => {
        listed.push(sha);
        return [{ path: 'logo.bin', oid: OWN, size: 3 }];
      },
      path: (repositoryId, oid) => path.join(home, `${repositoryId}-${oid}`),
    },
    fetch,
  });
  return { files, listed };
}

test('only content that a pointer of the base commit names is given out, whatever else is kept', async () => {
  await writeFile(path.join(home, `7-${FOREIGN}`), 'other');
  await writeFile(path.join(home, `8-${OWN}`), 'another repository');
  const { files, listed } = open(async ({ pointer, repositoryId }) =>
    writeFile(path.join(home, `${repositoryId}-${pointer.oid}`), 'own'),
  );
  expect(await files.find(AT, FOREIGN)).toBeNull();
  expect(await files.find(AT, OWN)).toBe(path.join(home, `7-${OWN}`));
  expect(listed).toHaveLength(1);
});

test('an attempt without a repository, and content that cannot be had, are no file', async () => {
  await rm(path.join(home, `7-${OWN}`), { force: true });
  const { files } = open();
  expect(await files.find({ ...AT, taskId: 'T2' }, OWN)).toBeNull();
  expect(await files.find(AT, OWN)).toBeNull();
});
