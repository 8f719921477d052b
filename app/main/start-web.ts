import type { Incoming } from '../admission/incoming.ts';
import type { Signal } from '../admission/signal.ts';
import type { RepoFiles } from '../admission/repo-file.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { Readiness } from '../dashboard/health.ts';
import type { GitHubApp } from '../github/github.ts';
import { watchSignatures } from './listen/watch-signatures.ts';
import type { Notices } from './listen/notices.ts';
import { createWebhookReceiver } from '../intake/receive-webhook.ts';
import { createRouter, type RouterOptions } from '../intake/router.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { NO_TRACER, type Tracer } from '../telemetry/tracer.ts';
import { traceDelivery } from './observe/trace-delivery.ts';
import { openDashboard } from './open-dashboard.ts';
import type { Storage } from './open-storage.ts';
import type { Listener } from './listen/start-listener.ts';
import { RECOVERY_TIMES, startRecovery, type RecoveryTimes } from './recovery/start-recovery.ts';
import { systemClock } from './system.ts';

export const WEBHOOK_PATH = '/api/github/webhooks';

export interface Web {
  /** Nothing is routed any more; what still comes in waits in the inbox. */
  stop(): Promise<void>;
}

export interface WebOptions {
  readonly config: ServerConfig;
  readonly listener: Pick<Listener, 'add'>;
  readonly readReadiness: () => Promise<Readiness>;
  readonly app: NonNullable<ServerConfig['app']>;
  readonly storage: Storage;
  readonly github: GitHubApp;
  readonly onIncoming: (incoming: Incoming, deliveryId: string) => Promise<string>;
  readonly onSignal: (signal: Signal) => Promise<string>;
  readonly onInstallationGone: (installationId: number) => Promise<string>;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly log: Logger;
  readonly notices: Pick<Notices, 'set'>;
  readonly version: string;
  readonly repoFiles: RepoFiles;
  readonly recoveryTimes?: Partial<RecoveryTimes>;
  /** Told what became of each delivery. */
  readonly onRouted?: NonNullable<RouterOptions['onRouted']>;
}

/** The web role: takes deliveries in, routes them, asks for those that never came, and shows how all of it is doing. */
export async function startWeb(options: WebOptions): Promise<Web> {
  const { app, config, log, metrics, storage } = options;
  const { inbox, tasks } = storage.stores;
  const signatures = watchSignatures({ notices: options.notices, log, clock: systemClock });
  const receive = createWebhookReceiver({
    inbox,
    secrets: app.webhookSecrets,
    clock: systemClock,
    onAnswer: (answer) => {
      metrics.webhookAnswered(answer);
      signatures.take(answer.status);
    },
    onError: (error) => log.error('A delivery could not be recorded', { err: error }),
  });
  const dashboard = await openDashboard(options);
  const router = createRouter({
    inbox,
    queue: storage.queue,
    appId: app.appId,
    privateKey: app.privateKey,
    apiUrl: config.github.apiUrl,
    onIncoming: options.onIncoming,
    onSignal: options.onSignal,
    onInstallationGone: options.onInstallationGone,
    clock: systemClock,
    log,
    onRouted: (delivery) => {
      metrics.deliveryRouted(delivery.result);
      options.onRouted?.(delivery);
      if (options.tracer !== NO_TRACER) {
        traceDelivery(delivery, { tracer: options.tracer, tasks }).catch((error: unknown) =>
          log.warn('A delivery could not be traced', { err: error, deliveryId: delivery.id }),
        );
      }
    },
  });
  router.start();
  const recovery = startRecovery({
    appId: app.appId,
    stores: storage.stores,
    github: options.github,
    repoFiles: options.repoFiles,
    metrics,
    log,
    times: { ...RECOVERY_TIMES, ...options.recoveryTimes },
    intake: config.http.intake,
  });
  options.listener.add(async (request, response) => {
    if ((request.url ?? '/').split('?')[0] !== WEBHOOK_PATH) {
      return dashboard.handle(request, response);
    }
    await receive(request, response);
    return true;
  });
  return {
    async stop() {
      await dashboard.stop();
      await recovery.stop();
      await router.stop();
    },
  };
}
