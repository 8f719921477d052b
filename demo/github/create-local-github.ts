import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenActs } from './auth/token-actions.ts';
import type { TokenFormat } from './auth/issue-token.ts';
import { createClock } from './clock.ts';
import { tryGit } from './git/run-git.ts';
import { callerLabel } from './http/exchange.ts';
import { createFaults } from './http/faults.ts';
import { createLimits } from './http/limits.ts';
import { createLocalServer } from './http/local-server.ts';
import { createRequestLog } from './http/request-log.ts';
import { createRouter } from './http/route.ts';
import { isPull } from './json/pull-json.ts';
import type { LocalGitHub, LocalGitHubOptions } from './local-github.ts';
import { requestValidator, type Violation } from './openapi/validate-request.ts';
import { createAppSetup } from './pages/app-setup.ts';
import { repositoryActs } from './people/repositories.ts';
import { threadActs, type ThreadRef } from './people/threads.ts';
import { allRoutes } from './rest/all-routes.ts';
import { createWorld } from './state/create-world.ts';
import { fullName, mustFindRepository } from './state/find.ts';
import type { Issue } from './state/world.ts';
import { createDeliveries } from './webhooks/deliveries.ts';

/** Starts a GitHub on 127.0.0.1 with nobody and nothing on it but the app. Close it when done. */
export async function createLocalGitHub(options: LocalGitHubOptions = {}): Promise<LocalGitHub> {
  const isOwnRoot = options.root === undefined;
  const root = options.root ?? (await mkdtemp(join(tmpdir(), 'local-github-')));
  await mkdir(root, { recursive: true });
  const clock = createClock(options.startAt);
  const world = createWorld({ root, now: clock.now, app: options.app ?? {} });
  let tokenFormat: TokenFormat = options.tokenFormat ?? 'short';

  const deliveries = createDeliveries(world, {
    webhook: options.webhook,
    mode: options.deliveries ?? 'auto',
    timeoutMs: options.deliveryTimeoutMs ?? 10_000,
  });
  world.emit = deliveries.emit;
  const faults = createFaults();
  const log = createRequestLog();
  const hourly = options.hourlyLimit ?? 5000;
  const limits = createLimits(hourly);
  const violations: Violation[] = [];
  const appSetup = createAppSetup(world, deliveries.setWebhook);
  const routes = allRoutes({
    convertManifest: appSetup.convert,
    tokenFormat: () => tokenFormat,
    deliveries,
    rateOf: ({ caller }) => limits.peek(callerLabel(world, caller), clock.now().getTime()),
  });
  const validation = { mode: options.validation ?? 'strict', validate: requestValidator(), violations };
  const limitMode = options.secondaryLimits ?? 'record';
  const { server, close } = createLocalServer({
    world,
    router: createRouter(routes),
    faults,
    log,
    limits,
    limitMode,
    validation,
    appSetup,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  world.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  world.apiUrl = `${world.url}/api/v3`;

  function find({ repository, number }: ThreadRef): Issue {
    const issue = mustFindRepository(world, repository).issues.get(number);
    if (!issue) {
      throw new Error(`There is no issue or pull request ${repository}#${number} on the local GitHub.`);
    }
    return issue;
  }

  return {
    ...repositoryActs(world),
    ...threadActs(world),
    ...tokenActs(world, () => tokenFormat),
    url: world.url,
    apiUrl: world.apiUrl,
    app: { ...world.app, botLogin: world.app.bot.login, botId: world.app.bot.id },
    clock,
    world,
    faults,
    requests: log.records,
    waitForRequest: log.waitFor,
    violations,
    limits: limits.report,
    deliveries: deliveries.records,
    setWebhook: deliveries.setWebhook,
    setDeliveries: deliveries.setMode,
    deliver: deliveries.deliverPending,
    redeliver: deliveries.redeliver,
    sendWebhook: deliveries.send,
    settled: deliveries.settled,
    setListingLag(ms) {
      world.listingLagMs = ms;
    },
    setTokenFormat(format) {
      tokenFormat = format;
    },
    repository: (name) => mustFindRepository(world, name),
    issue: find,
    comments: (thread) => [...find(thread).comments.values()],
    pulls: (name) => [...mustFindRepository(world, name).issues.values()].filter((issue) => isPull(issue)),
    checkRuns: (name) => [...mustFindRepository(world, name).checkRuns.values()],
    git: (name, args) => tryGit(mustFindRepository(world, name).dir, args),
    async readFile(name, { path, ref }) {
      const repository = mustFindRepository(world, name);
      const blob = await tryGit(repository.dir, ['cat-file', 'blob', `${ref ?? repository.defaultBranch}:${path}`]);
      return blob.code === 0 ? blob.stdout.toString('utf8') : undefined;
    },
    cloneUrl: (name) => `${world.url}/${fullName(mustFindRepository(world, name))}.git`,
    async close() {
      await close();
      await deliveries.close();
      if (isOwnRoot) {
        await rm(root, { recursive: true, force: true });
      }
    },
  };
}
