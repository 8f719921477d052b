import { describeRegistries } from '../config/packages-config.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { createAskModel } from '../door/model/ask/create-ask-model.ts';
import type { AttemptRepositories } from '../git/attempt-repository.ts';
import type { Mirrors } from '../git/mirror.ts';
import type { GitHubApp } from '../github/github.ts';
import { createHydrator } from '../hydration/hydrate.ts';
import { readRestored } from '../store/restored.ts';
import { createOrchestrator } from '../orchestrator/orchestrator.ts';
import type { OrchestratorTimes } from '../orchestrator/context.ts';
import { createPublisher } from '../publish/publish.ts';
import { startBudgetWatch } from '../report/budgets/watch-budgets.ts';
import { createReporter } from '../report/reporter.ts';
import { hashApprovedText } from '../text/hash-approved-text.ts';
import type { Redactor } from '../text/redact.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { WrapPort } from './wrap-ports.ts';
import { chooseCompute, WORKER_ENTRY } from './choose-compute.ts';
import { lockDataDirectory } from './data-directory/lock-data-directory.ts';
import { createTokenIssuer } from './issue-token.ts';
import type { Storage } from './open-storage.ts';
import type { Notices } from './listen/notices.ts';
import { ORCHESTRATOR_TIMES } from './orchestrator-times.ts';
import { openEndpoint } from './door/open-endpoint.ts';
import { openProviders } from './door/open-providers.ts';
import { describeRemoteDoor } from './door/remote-door.ts';
import type { OpenDoor } from './door/start-door.ts';
import { createTextPool } from './text/text-pool.ts';
import { systemClock } from './system.ts';

export interface OrchestrationPlan {
  readonly config: ServerConfig;
  readonly storage: Storage;
  readonly github: GitHubApp;
  readonly mirrors: Mirrors;
  readonly repositories: AttemptRepositories;
  readonly door: Pick<OpenDoor, 'socketDirectory'>;
  readonly redactor: Redactor;
  /** What the redactor was made with. */
  readonly secrets: readonly string[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly onStep?: (step: string, taskId: string) => void | Promise<void>;
  readonly workerEntry?: string;
  readonly around?: WrapPort;
  /** Where the clockwork is to differ from `ORCHESTRATOR_TIMES`. */
  readonly times?: Partial<OrchestratorTimes>;
  readonly notices: Pick<Notices, 'set'>;
}

/** The orchestrator role: runs tasks, publishes what they made, and keeps what people see true. */
export async function startOrchestration(plan: OrchestrationPlan): Promise<{ stop(): Promise<void> }> {
  const lost = new AbortController();
  const place = await lockDataDirectory(plan.config.storage.dataDir, { onLost: () => lost.abort() });
  try {
    const rooms = await openRooms(plan, place.owner);
    let stopping: Promise<void> | null = null;
    const stop = (): Promise<void> => (stopping ??= rooms.stop().finally(() => place.release()));
    lost.signal.addEventListener('abort', () => {
      const sentence =
        'another orchestrator took over this data directory while this process was suspended; restart this one';
      plan.log.error('The data directory was lost; no further step is taken', { dataDir: plan.config.storage.dataDir });
      plan.notices.set('place', { kind: 'stops', sentence });
      stop().catch((error: unknown) => plan.log.error('Stopping the orchestrator failed', { err: error }));
    });
    return { stop };
  } catch (error) {
    place.release();
    throw error;
  }
}

async function openRooms(plan: OrchestrationPlan, owner: string): Promise<{ stop(): Promise<void> }> {
  const { config, github, log, storage } = plan;
  const { stores } = storage;
  const self = await github.fetchSelf();
  if (!self.ok) {
    throw new Error(
      `GitHub does not accept the App (${self.problem.message}). Run \`bosun doctor\` to check APP_ID, the private key and GITHUB_API_URL.`,
    );
  }
  const restored = await readRestored(stores.keys);
  const installation = (id: number) => github.installation(id);
  const chosen = await chooseCompute({
    kind: config.compute,
    dataDir: config.storage.dataDir,
    door: plan.door,
    workerEntry: plan.workerEntry ?? WORKER_ENTRY,
    toolPaths: config.workerPaths,
    containers: config.containers,
    kubernetes: config.kubernetes,
    remote: await describeRemoteDoor(config, stores.keys),
    log,
  });
  const compute = plan.around?.('compute', chosen) ?? chosen;
  const text = createTextPool({ secrets: plan.secrets, log });
  const orchestrator = createOrchestrator({
    stores,
    queue: storage.queue,
    artifacts: storage.artifacts,
    compute,
    git: plan.repositories,
    hydrator: createHydrator({
      github: installation,
      mirror: plan.mirrors,
      lfsBytes: config.storage.lfsBytes,
      visible: text.visible,
    }),
    askModel: createAskModel({
      stores,
      providers: openProviders({ model: config.model, providers: config.providers, openEndpoint }),
      tiers: config.defaults.tiers,
      clock: systemClock,
      log,
    }),
    publisher: createPublisher({
      github: installation,
      attempts: plan.repositories,
      mirrors: plan.mirrors,
      artifacts: storage.artifacts,
      tasks: stores.tasks,
      findSecrets: plan.redactor.findSecrets,
      searchFiles: text.findSecrets,
      gateLimits: config.gate,
      cleanOutput: text.clean,
      hashText: hashApprovedText,
      markerKey: () => stores.keys.get('comment-marker'),
      serverUrl: config.github.serverUrl,
      identity: {
        appId: self.value.appId,
        name: `${self.value.slug}[bot]`,
        // GitHub's id of the bot user is not known to the App itself; a wrong number would name somebody else.
        email: `${self.value.slug}[bot]@users.noreply.github.com`,
      },
      clock: systemClock,
      tracer: plan.tracer,
      ...(plan.onStep === undefined ? {} : { onStep: plan.onStep }),
    }),
    clock: systemClock,
    log,
    metrics: plan.metrics,
    onReapingPaused: (sentence) => plan.notices.set('reaping', sentence === null ? null : { kind: 'notes', sentence }),
    tracer: plan.tracer,
    owner,
    limits: () => ({ concurrency: config.limits.concurrency, budgets: config.limits.budgets }),
    worker: config.worker,
    cacheBytes: config.storage.cacheBytes,
    registries: describeRegistries(config.packages),
    times: { ...ORCHESTRATOR_TIMES, ...plan.times },
    newToken: createTokenIssuer({
      add: (secret) => [plan.redactor, text].forEach((one) => one.add(secret)),
      forget: (secret) => [plan.redactor, text].forEach((one) => one.forget(secret)),
    }),
    random: Math.random,
    restored,
    ...(plan.onStep === undefined ? {} : { onStep: plan.onStep }),
  });
  const reporter = createReporter({
    stores,
    restored,
    github: installation,
    queue: storage.queue,
    holder: owner,
    appId: self.value.appId,
    clock: systemClock,
    tracer: plan.tracer,
    render: {
      serverUrl: config.github.serverUrl,
      taskUrl: null,
      clean: (markdown, shape) => text.clean(markdown, { ...shape, serverUrl: config.github.serverUrl }),
    },
    log,
  });
  reporter.start();
  const budgetWatch = startBudgetWatch({
    stores,
    clock: systemClock,
    log,
    limits: config.limits.budgets,
    onWarning: ({ scope }) => plan.metrics.budgetWarned(scope),
  });
  await orchestrator.start();
  return {
    async stop() {
      await budgetWatch.stop();
      await orchestrator.stop();
      // What the wind-down changed is still shown before the reporter goes.
      await reporter
        .runOnce()
        .catch((error: unknown) => log.warn('Some reports could not be sent before shutdown', { err: error }));
      await reporter.stop();
      await text.close();
    },
  };
}
