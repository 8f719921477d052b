import type { ServerConfig } from '../config/server-config.ts';
import { createGitHubApp } from '../github/create-github-app.ts';
import { createFallBack } from '../github/limits/fall-back.ts';
import type { GitHubApp } from '../github/github.ts';
import { createMemoryWriteLocks } from '../store/memory/memory-write-locks.ts';
import type { Stores } from '../store/stores.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { systemClock } from './system.ts';

/** GitHub as the App sees it, with its answers counted. */
export function openGitHub(options: {
  readonly config: ServerConfig;
  readonly app: NonNullable<ServerConfig['app']>;
  readonly writeLocks: Stores['writeLocks'];
  readonly metrics: Pick<Metrics, 'githubAnswered'>;
  readonly log: Logger;
  readonly version: string;
}): GitHubApp {
  const { app, config, log, metrics } = options;
  return createGitHubApp({
    appId: app.appId,
    privateKey: app.privateKey,
    apiUrl: config.github.apiUrl,
    userAgent: `bosun/${options.version}`,
    clock: systemClock,
    writeLocks: createFallBack({
      shared: options.writeLocks,
      own: createMemoryWriteLocks(),
      onTrouble: (error) =>
        log.warn('The write lock for GitHub cannot be shared with other processes; this process uses its own', {
          err: error,
        }),
    }),
    onNotice: (notice) => {
      if (notice.kind === 'answer') {
        const { installationId, problem, quota } = notice;
        metrics.githubAnswered({ installationId, problem: problem?.kind ?? null, remaining: quota.remaining });
      } else {
        log.warn('A token could not be revoked; it expires within the hour', {
          installationId: notice.installationId,
          problem: notice.problem.kind,
        });
      }
    },
  });
}
