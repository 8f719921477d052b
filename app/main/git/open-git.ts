import path from 'node:path';
import type { ServerConfig } from '../../config/server-config.ts';
import { createAttemptRepositories, type AttemptRepositories } from '../../git/attempt-repository.ts';
import { createMirrors, type Mirrors } from '../../git/mirror.ts';
import type { GitHubApp } from '../../github/github.ts';
import { makePrivate } from '../make-private.ts';
import type { Storage } from '../open-storage.ts';
import { createCommitFetcher } from './fetch-commit.ts';

/** Mirrors and attempt repositories below the data directory, closed to everybody else. */
export async function openGit(plan: {
  config: ServerConfig;
  storage: Pick<Storage, 'artifacts' | 'stores'>;
  github: GitHubApp;
}): Promise<{ mirrors: Mirrors; repositories: AttemptRepositories }> {
  const { config, github, storage } = plan;
  const mirrorsAt = path.join(config.storage.dataDir, 'mirrors');
  const attemptsAt = path.join(config.storage.dataDir, 'attempts');
  await makePrivate([mirrorsAt, attemptsAt]);
  const mirrors = createMirrors({ directory: mirrorsAt, serverUrl: config.github.serverUrl });
  const repositories = createAttemptRepositories({
    directory: attemptsAt,
    mirrors,
    store: storage.artifacts,
    fetchCommit: createCommitFetcher({
      tasks: storage.stores.tasks,
      github: (installationId) => github.installation(installationId),
      mirrors,
    }),
  });
  return { mirrors, repositories };
}
