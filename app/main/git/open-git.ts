import path from 'node:path';
import type { ServerConfig } from '../../config/server-config.ts';
import { createAttemptRepositories, type AttemptRepositories } from '../../git/attempt-repository.ts';
import { createLfsFiles, type LfsFiles } from '../../git/lfs/lfs-files.ts';
import { createMirrors, type Mirrors } from '../../git/mirror.ts';
import type { GitHubApp } from '../../github/github.ts';
import { makePrivate } from '../make-private.ts';
import type { Storage } from '../open-storage.ts';
import { createCommitFetcher } from './fetch-commit.ts';
import { createLfsFetcher } from './fetch-lfs.ts';

/** Mirrors and attempt repositories below the data directory, closed to everybody else. */
export async function openGit(plan: {
  config: ServerConfig;
  storage: Pick<Storage, 'artifacts' | 'stores'>;
  github: GitHubApp;
}): Promise<{ mirrors: Mirrors; repositories: AttemptRepositories; lfs: LfsFiles }> {
  const { config, github, storage } = plan;
  const mirrorsAt = path.join(config.storage.dataDir, 'mirrors');
  const attemptsAt = path.join(config.storage.dataDir, 'attempts');
  await makePrivate([mirrorsAt, attemptsAt]);
  const mirrors = createMirrors({ directory: mirrorsAt, serverUrl: config.github.serverUrl });
  const access = {
    tasks: storage.stores.tasks,
    github: (installationId: number) => github.installation(installationId),
  };
  const repositories = createAttemptRepositories({
    directory: attemptsAt,
    mirrors,
    store: storage.artifacts,
    fetchCommit: createCommitFetcher({ ...access, mirrors }),
  });
  const store = mirrors.lfs;
  const lfs = createLfsFiles({ repositories, store, fetch: createLfsFetcher({ ...access, store }) });
  return { mirrors, repositories, lfs };
}
