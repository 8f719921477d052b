import { createAdmission } from './admission/create-admission.ts';
import { createRepoFiles } from './admission/repo-file.ts';
import { missingForStart } from './config/app-settings.ts';
import type { ServerConfig } from './config/server-config.ts';
import { createProbes } from './dashboard/create-probes.ts';
import { wrapGitHub, wrapStorage, type WrapPort } from './main/wrap-ports.ts';
import { createReadiness } from './dashboard/health.ts';
import { endTasksOfInstallation } from './main/end-installation.ts';
import { openGit } from './main/git/open-git.ts';
import { createTaskIds } from './admission/task-ids.ts';
import { systemClock } from './main/system.ts';
import { startMirrorPruning } from './main/recovery/start-mirror-pruning.ts';
import { startRetention } from './main/recovery/start-retention.ts';
import { openStorage, type Storage } from './main/open-storage.ts';
import { openEndpoint } from './main/door/open-endpoint.ts';
import { startDoor, type OpenDoor } from './main/door/start-door.ts';
import { waitForDoor } from './main/door/wait-for-door.ts';
import { createNotices } from './main/listen/notices.ts';
import { startListener } from './main/listen/start-listener.ts';
import { openGitHub } from './main/open-github.ts';
import { openLog } from './main/open-log.ts';
import { countArtifactErrors } from './main/observe/count-artifact-errors.ts';
import { readFacts } from './main/observe/read-facts.ts';
import { openTracer, traceStorage } from './main/observe/open-tracer.ts';
import { startOrchestration, type OrchestrationPlan } from './main/start-orchestration.ts';
import { startWeb, WEBHOOK_PATH, type WebOptions } from './main/start-web.ts';
import type { Logger } from './telemetry/log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { createRedactor } from './text/redact.ts';

export { WEBHOOK_PATH };

export interface BosunOptions {
  readonly version: string;
  /** Told what takes a moment at the first start. */
  readonly onProgress?: (sentence: string) => void;
  readonly log?: Logger;
  /** Called around every durable step, with the step and the task; tests and the demo listen. */
  readonly onStep?: (step: string, taskId: string) => void | Promise<void>;
  /** Stands around every port where it is composed; tests end the process before or after a call. */
  readonly around?: WrapPort;
  /** The orchestrator's clockwork where it is to differ; tests of what takes minutes shorten it. */
  readonly times?: NonNullable<OrchestrationPlan['times']>;
  /** Told what became of each delivery; tests listen. */
  readonly onRouted?: WebOptions['onRouted'];
  /** How often GitHub is asked for what it did not deliver; the usual times when absent. */
  readonly recoveryTimes?: WebOptions['recoveryTimes'];
  /** Another worker program, such as a bundle. */
  readonly workerEntry?: string;
}

export interface Bosun {
  /** Where its probes and metrics are, and with the web role webhooks and the dashboard. */
  readonly url: string;
  readonly storage: Storage;
  readonly metrics: Metrics;
  /** Winds down in order: nothing new comes in, workers push what they have, then doors and database close. */
  stop(): Promise<void>;
}

/** Starts the roles that are asked for. The only place where rooms meet their adapters; throws a sentence when it cannot. */
export async function startBosun(config: ServerConfig, options: BosunOptions): Promise<Bosun> {
  const { app, model, providers } = config;
  const missing = missingForStart(config);
  if (app === null || missing.length > 0) {
    throw new Error(
      `These settings are missing: ${missing.map((problem) => problem.name).join(', ')}. Run \`bosun doctor\` to see each with an example.`,
    );
  }
  const keys = [model.apiKey ?? '', ...providers.map(({ apiKey }) => apiKey)].filter((key) => key !== '');
  const { metricsToken } = config.http;
  const secrets = [app.privateKey, ...app.webhookSecrets, ...keys, ...(metricsToken === null ? [] : [metricsToken])];
  const redactor = createRedactor(secrets);
  const log = options.log ?? openLog(config.logLevel, redactor.redact);
  const notices = createNotices();
  notices.set('start', { kind: 'stops', sentence: 'it starts' });
  let isStarted = false;
  const tracer = await openTracer(config.traces, { version: options.version, log });
  const around: WrapPort = options.around ?? ((_name, port) => port);
  const opened = await openStorage(config.storage, {
    log,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const storage = traceStorage(wrapStorage(opened, around), { tracer, log });
  const { stores } = storage;
  // Spans that are not sent are nothing to fail for.
  const closers: (() => Promise<void>)[] = [() => storage.close(), () => tracer.close().catch(() => undefined)];
  try {
    // Made before anything is named after it, so that every backup has it.
    await stores.keys.get('comment-marker');
    const metrics = createMetrics({
      now: systemClock.now,
      readFacts: () => readFacts(stores, config.limits.budgets),
      about: { version: options.version, roles: config.roles, connections: () => storage.database.pool() },
    });
    const artifacts = countArtifactErrors(storage.artifacts, metrics);
    const listener = await startListener({ http: config.http, log, unknown: () => explainUnknown(config, isStarted) });
    closers.push(() => listener.stop());
    const readReadiness = createReadiness({
      ...stores,
      clock: systemClock,
      pool: () => storage.database.pool(),
      readNotices: notices.read,
    });
    listener.add(
      createProbes({
        readReadiness,
        version: options.version,
        metricsToken: config.http.metricsToken,
        renderMetrics: () => metrics.renderMetrics(),
      }),
    );
    const direct = openGitHub({ config, app, writeLocks: stores.writeLocks, metrics, log, version: options.version });
    const github = wrapGitHub(direct, around);
    const { dataDir } = config.storage;
    const git = await openGit({ config, storage, github });
    const [mirrors, repositories] = [around('mirrors', git.mirrors), around('repositories', git.repositories)];
    const ownDoor = config.roles.includes('door') ? await openDoor() : null;
    if (config.roles.includes('web')) {
      await openWeb(app);
    }
    if (config.roles.includes('orchestrator')) {
      const onWait = (sentence: string) => notices.set('start', { kind: 'stops', sentence });
      const orchestration = await startOrchestration({
        config,
        storage: { ...storage, artifacts },
        github,
        mirrors,
        repositories,
        door: ownDoor ?? (await waitForDoor({ dataDir, log, onWait })),
        redactor,
        secrets,
        log,
        metrics,
        tracer,
        notices,
        ...pickSteps(options),
      });
      closers.push(() => orchestration.stop());
      const days = config.storage.retentionDays;
      const retention = startRetention({ storage, repositories, days, metrics, log });
      closers.push(() => retention.stop());
      const { cacheBytes: maxBytes } = config.storage;
      const pruning = startMirrorPruning({ mirrors: git.mirrors, maxBytes, clock: systemClock, log });
      closers.push(() => pruning.stop());
    }
    notices.set('start', null);
    isStarted = true;
    return { url: listener.url, storage, metrics, stop };

    async function stop(): Promise<void> {
      notices.set('stop', { kind: 'stops', sentence: 'it winds down' });
      await closeAll(closers);
    }

    async function openDoor(): Promise<OpenDoor> {
      const opened = await startDoor({
        model: { ...model, apiKey: model.apiKey ?? '' },
        providers,
        openEndpoint,
        keyWatch: { keys: stores.keys, model: config.defaults.model },
        dataDir: config.storage.dataDir,
        stores,
        artifacts,
        repositories,
        lfs: git.lfs,
        redact: redactor.redact,
        log,
        tracer,
        packages: {
          config: config.packages,
          cacheBytes: config.storage.cacheBytes,
          proxy: config.proxy,
          // The token of a prepare session is taken away when it ends, and a work session never had them
          mayUsePackages: ({ kind }) => (kind === 'prepare' ? 'open' : 'closed'),
        },
        onAnswer: metrics.doorAnswered,
      });
      closers.push(() => opened.stop());
      return opened;
    }

    async function openWeb(its: NonNullable<ServerConfig['app']>): Promise<void> {
      const repoFiles = createRepoFiles({ clock: systemClock });
      const admission = createAdmission({
        stores,
        github: (installationId) => github.installation(installationId),
        repoFiles,
        server: config,
        clock: systemClock,
        newId: createTaskIds(stores.keys),
        log,
      });
      const opened = await startWeb({
        config,
        app: its,
        listener,
        readReadiness,
        storage,
        github,
        onIncoming: (incoming, deliveryId) => admission.handle(incoming, deliveryId),
        onInstallationGone: (installationId) =>
          endTasksOfInstallation(installationId, { tasks: stores.tasks, clock: systemClock }),
        metrics,
        tracer,
        log,
        notices,
        version: options.version,
        repoFiles,
        ...(options.recoveryTimes === undefined ? {} : { recoveryTimes: options.recoveryTimes }),
        ...(options.onRouted === undefined ? {} : { onRouted: options.onRouted }),
      });
      closers.push(() => opened.stop());
    }
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

function pickSteps(options: BosunOptions): Pick<BosunOptions, 'around' | 'onStep' | 'times' | 'workerEntry'> {
  return {
    ...(options.around === undefined ? {} : { around: options.around }),
    ...(options.times === undefined ? {} : { times: options.times }),
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
    ...(options.workerEntry === undefined ? {} : { workerEntry: options.workerEntry }),
  };
}

/** Last opened, first closed; one that fails to close does not keep the others open. */
async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) {
    throw new AggregateError(errors, 'Not everything could be closed');
  }
}

/** What whoever asks for something else is told; GitHub shows it beside a failed delivery. */
function explainUnknown(config: ServerConfig, isStarted: boolean): { status: number; message: string } {
  if (!config.roles.includes('web')) {
    return {
      status: 404,
      message: `This process runs as ${config.roles.join(', ')}. Deliveries go to one with the role web.`,
    };
  }
  return isStarted
    ? { status: 404, message: `There is nothing at this address. Deliveries go to ${WEBHOOK_PATH}.` }
    : { status: 503, message: 'Bosun starts; try again in a moment.' };
}
