import { createGitHubApp } from '../../app/github/create-github-app.ts';
import type { GitHubNotice } from '../../app/github/create-github-app.ts';
import type { GitHubApp } from '../../app/github/github.ts';
import { APP_KEY } from './app-key.ts';
import type { Api } from './start-api.ts';
import { createMemoryWriteLocks } from '../../app/store/memory/memory-write-locks.ts';

export const REPOSITORY = { id: 7, owner: 'octo', name: 'demo' };
export const COMMENT = {
  id: 5,
  body: 'Hello',
  html_url: 'https://github.test/octo/demo/issues/3#issuecomment-5',
  created_at: '2026-11-21T10:00:00Z',
  updated_at: '2026-11-21T10:00:00Z',
  user: { id: 1, login: 'bosun[bot]', type: 'Bot' },
  performed_via_github_app: { id: 99 },
};

interface Options {
  readonly now?: () => Date;
  readonly timeoutMs?: number;
  readonly onNotice?: (notice: GitHubNotice) => void;
}

export function connectApp(api: Api, options: Options = {}): GitHubApp {
  return createGitHubApp({
    appId: 99,
    privateKey: APP_KEY.privateKey,
    apiUrl: api.url,
    userAgent: 'bosun-test',
    clock: { now: options.now ?? (() => new Date()) },
    writeLocks: createMemoryWriteLocks(),
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    ...(options.onNotice && { onNotice: options.onNotice }),
  });
}
