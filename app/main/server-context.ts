import type { ServerConfig } from '../config/server-config.ts';
import { createProbes } from '../dashboard/create-probes.ts';
import { createReadiness, type Readiness } from '../dashboard/health.ts';
import type { GitHubApp } from '../github/github.ts';
import type { Logger } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import { createRedactor, type Redactor } from '../text/redact.ts';
import { openGit } from './git/open-git.ts';
import { createNotices, type Notices } from './listen/notices.ts';
import { startListener, type Listener } from './listen/start-listener.ts';
import { countArtifactErrors } from './observe/count-artifact-errors.ts';
import { openTracer, traceStorage } from './observe/open-tracer.ts';
import { readFacts } from './observe/read-facts.ts';
import { openGitHub } from './open-github.ts';
import { openLog } from './open-log.ts';
import { openStorage, type Storage } from './open-storage.ts';
import type { OrchestrationPlan } from './start-orchestration.ts';
import { WEBHOOK_PATH, type WebOptions } from './start-web.ts';
import { systemClock } from './system.ts';
import { wrapGitHub, wrapStorage, type WrapPort } from './wrap-ports.ts';

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

export type AppConfig = ServerConfig & { readonly app: NonNullable<ServerConfig['app']> };

/** What the roles of one process share. */
export interface ServerContext {
  readonly config: AppConfig;
  readonly options: BosunOptions;
  readonly redactor: Redactor;
  /** What the redactor was made with. */
  readonly secrets: readonly string[];
  readonly log: Logger;
  readonly notices: Notices;
  readonly tracer: Tracer;
  readonly storage: Storage;
  readonly metrics: Metrics;
  readonly listener: Listener;
  readonly readReadiness: () => Promise<Readiness>;
  readonly github: GitHubApp;
  readonly git: Awaited<ReturnType<typeof openGit>>;
  /** Called in reverse order at the end. */
  readonly closers: Closer[];
}

export type Closer = () => Promise<void>;

/** Opens what every role needs. What is open when it fails is in `closers`. */
export async function openServer(
  config: AppConfig,
  options: BosunOptions,
  closers: Closer[],
): Promise<{ server: ServerContext; markStarted: () => void }> {
  const { version, around = (_name, port) => port } = options;
  const secrets = secretsOf(config);
  const redactor = createRedactor(secrets);
  const log = options.log ?? openLog(config.logLevel, redactor.redact);
  const notices = createNotices();
  notices.set('start', { kind: 'stops', sentence: 'it starts' });
  let isStarted = false;
  const tracer = await openTracer(config.traces, { version, log });
  const opened = await openStorage(config.storage, {
    log,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const traced = traceStorage(wrapStorage(opened, around), { tracer, log });
  // Spans that could not be sent are no reason to fail.
  closers.push(
    () => traced.close(),
    () => tracer.close().catch(() => undefined),
  );
  const { database, stores } = traced;
  // Made before anything is named after it, so that every backup has it.
  await stores.keys.get('comment-marker');
  const metrics = createMetrics({
    now: systemClock.now,
    readFacts: () => readFacts(stores, config.limits.budgets),
    about: { version, roles: config.roles, connections: () => database.pool() },
  });
  const storage = { ...traced, artifacts: countArtifactErrors(traced.artifacts, metrics) };
  const listener = await startListener({ http: config.http, log, unknown: () => explainUnknown(config, isStarted) });
  closers.push(() => listener.stop());
  const readReadiness = createReadiness({
    ...stores,
    clock: systemClock,
    pool: () => database.pool(),
    readNotices: notices.read,
  });
  listener.add(
    createProbes({
      readReadiness,
      version,
      metricsToken: config.http.metricsToken,
      renderMetrics: () => metrics.renderMetrics(),
    }),
  );
  const { app } = config;
  const github = wrapGitHub(openGitHub({ config, app, writeLocks: stores.writeLocks, metrics, log, version }), around);
  const direct = await openGit({ config, storage: traced, github });
  const git = {
    ...direct,
    mirrors: around('mirrors', direct.mirrors),
    repositories: around('repositories', direct.repositories),
  };
  const parts = { redactor, secrets, log, notices, tracer, storage, metrics, listener, readReadiness, github, git };
  return {
    server: { config, options, ...parts, closers },
    markStarted() {
      notices.set('start', null);
      isStarted = true;
    },
  };
}

function secretsOf({ app, http, model, providers }: AppConfig): string[] {
  const keys = [model.apiKey, ...providers.map(({ apiKey }) => apiKey), http.metricsToken];
  return [app.privateKey, ...app.webhookSecrets, ...keys.filter((key) => key !== null && key !== '')] as string[];
}

/** The answer to a request for anything else; GitHub shows it next to a failed delivery. */
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
