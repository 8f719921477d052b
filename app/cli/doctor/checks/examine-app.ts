import { createGitHubApp } from '../../../github/create-github-app.ts';
import type { GitHubApp } from '../../../github/github.ts';
import { createMemoryWriteLocks } from '../../../store/memory/memory-write-locks.ts';
import { skip, type Check, type Examined } from '../check.ts';
import { examineWorkflows } from './examine-workflows.ts';
import { isLoopback, judgeApp, judgeWebhooks } from './check-app.ts';

const HOURS = 24;

/** Asks GitHub about the App: checks for the key and what the App may, for webhooks, and for workflows of its repositories. */
export async function examineApp({ config, broken }: Examined, options: { userAgent: string }): Promise<Check[]> {
  const { app, github, http } = config;
  if (app === null || broken.includes('GITHUB_API_URL')) {
    const why = app === null ? 'the settings of the App are not complete' : 'GITHUB_API_URL is wrong';
    return [skip('GitHub App', `not asked: ${why}`), skip('webhooks', `not asked: ${why}`)];
  }
  const client: GitHubApp = createGitHubApp({
    appId: app.appId,
    privateKey: app.privateKey,
    apiUrl: github.apiUrl,
    userAgent: options.userAgent,
    clock: { now: () => new Date() },
    writeLocks: createMemoryWriteLocks(),
  });
  const self = await client.fetchSelf();
  const known = judgeApp(self, { apiUrl: github.apiUrl, appId: app.appId });
  if (!self.ok) {
    return [known, skip('webhooks', 'not asked: GitHub does not answer for the App')];
  }
  const failed = await client.fetchFailedDeliveries(new Date(Date.now() - HOURS * 3_600_000));
  const place = {
    publicUrl: http.publicUrl,
    host: http.host,
    port: http.port,
    intake: http.intake,
    hours: HOURS,
    isLocalGitHub: isLoopback(github.apiUrl),
  };
  return [known, judgeWebhooks(failed, place), await examineWorkflows(client)];
}
