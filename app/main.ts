import path from 'node:path';
import { createAdmission } from './admission/create-admission.ts';
import { createRepoFiles } from './admission/repo-file.ts';
import { missingForStart, needsDoor } from './config/app-settings.ts';
import type { ServerConfig } from './config/server-config.ts';
import { createAttemptRepositories } from './git/attempt-repository.ts';
import { createMirrors } from './git/mirror.ts';
import { createGitHubApp } from './github/create-github-app.ts';
import { createFallBack } from './github/limits/fall-back.ts';
import { endTasksOfInstallation } from './main/end-installation.ts';
import { newId, systemClock } from './main/system.ts';
import { makePrivate } from './main/make-private.ts';
import { openStorage, type Storage } from './main/open-storage.ts';
import { startDoor, type OpenDoor } from './main/start-door.ts';
import { startOrchestration } from './main/start-orchestration.ts';
import { startWeb, WEBHOOK_PATH, type WebOptions } from './main/start-web.ts';
import { createMemoryTurns } from './store/memory/memory-turns.ts';
import { createLogger, type Logger } from './telemetry/log.ts';
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
  /** Told what became of each delivery; tests listen. */
  readonly onRouted?: WebOptions['onRouted'];
  /** Another worker program, such as a bundle. */
  readonly workerEntry?: string;
}

export interface Bosun {
  /** Where webhooks and the dashboard are; null without the web role. */
  readonly url: string | null;
  readonly storage: Storage;
  readonly metrics: Metrics;
  /** Winds down in order: nothing new comes in, workers push what they have, then doors and database close. */
  stop(): Promise<void>;
}

/** Starts the roles that are asked for. The only place where rooms meet their adapters; throws a sentence when it cannot. */
export async function startBosun(config: ServerConfig, options: BosunOptions): Promise<Bosun> {
  const { app, model } = config;
  const missing = missingForStart(config);
  if (app === null || missing.length > 0) {
    throw new Error(
      `These settings are missing: ${missing.map((problem) => problem.name).join(', ')}. Run \`bosun doctor\` to see each with an example.`,
    );
  }
  const redactor = createRedactor([
    app.privateKey,
    ...app.webhookSecrets,
    ...(model.apiKey === null ? [] : [model.apiKey]),
  ]);
  const log = options.log ?? createLogger({ level: levelOf(config.logLevel), redact: redactor.redact });
  const storage = await openStorage(config.storage, {
    log,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const { stores } = storage;
  const closers: (() => Promise<void>)[] = [() => storage.close()];
  try {
    const metrics = createMetrics({
      now: systemClock.now,
      readFacts: async () => ({
        tasks: await stores.tasks.counts(),
        oldestReadyAt: await stores.tasks.oldestReady(),
        oldestUnroutedAt: await stores.inbox.oldestUnrouted(),
      }),
    });
    const github = createGitHubApp({
      appId: app.appId,
      privateKey: app.privateKey,
      apiUrl: config.github.apiUrl,
      userAgent: `bosun/${options.version}`,
      clock: systemClock,
      turns: createFallBack({
        shared: stores.turns,
        own: createMemoryTurns(),
        onTrouble: (error) =>
          log.warn('Turns to write cannot be shared; this process keeps to its own', { err: error }),
      }),
      onNotice: (notice) => {
        if (notice.kind === 'answer') {
          metrics.githubAnswered({ problem: notice.problem?.kind ?? null, remaining: notice.quota.remaining });
        } else {
          log.warn('A token could not be revoked; it ends by itself within the hour', {
            installationId: notice.installationId,
            problem: notice.problem.kind,
          });
        }
      },
    });
    const { dataDir } = config.storage;
    const mirrorsAt = path.join(dataDir, 'mirrors');
    const attemptsAt = path.join(dataDir, 'attempts');
    await makePrivate([mirrorsAt, attemptsAt]);
    const mirrors = createMirrors({ directory: mirrorsAt, serverUrl: config.github.serverUrl });
    const repositories = createAttemptRepositories({ directory: attemptsAt, mirrors });
    // Only where workers are: another process on this data directory would take the socket from those that run.
    const door = needsDoor(config.roles) ? await openDoor() : null;
    if (door !== null && config.roles.includes('orchestrator')) {
      const orchestration = await startOrchestration({
        config,
        storage,
        github,
        mirrors,
        repositories,
        door,
        redactor,
        log,
        metrics,
        ...pickSteps(options),
      });
      closers.push(() => orchestration.stop());
    }
    const web = config.roles.includes('web') ? await openWeb() : null;
    return { url: web, storage, metrics, stop: () => closeAll(closers) };

    async function openDoor(): Promise<OpenDoor> {
      const opened = await startDoor({
        model: { ...model, apiKey: model.apiKey ?? '' },
        dataDir: config.storage.dataDir,
        stores,
        artifacts: storage.artifacts,
        repositories,
        redact: redactor.redact,
        log,
      });
      closers.push(() => opened.stop());
      return opened;
    }

    async function openWeb(): Promise<string> {
      const admission = createAdmission({
        stores,
        github: (installationId) => github.installation(installationId),
        repoFiles: createRepoFiles({ clock: systemClock }),
        server: config,
        clock: systemClock,
        newId,
        log,
      });
      const opened = await startWeb({
        config,
        app: app as NonNullable<ServerConfig['app']>,
        storage,
        github,
        onIncoming: (incoming, deliveryId) => admission.handle(incoming, deliveryId),
        onInstallationGone: (installationId) =>
          endTasksOfInstallation(installationId, { tasks: stores.tasks, clock: systemClock }),
        metrics,
        log,
        version: options.version,
        ...(options.onRouted === undefined ? {} : { onRouted: options.onRouted }),
      });
      closers.push(() => opened.stop());
      return opened.url;
    }
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

function pickSteps(options: BosunOptions): Pick<BosunOptions, 'onStep' | 'workerEntry'> {
  return {
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

function levelOf(level: ServerConfig['logLevel']): 'debug' | 'info' | 'warn' | 'error' | 'silent' {
  switch (level) {
    case 'trace':
      return 'debug';
    case 'fatal':
      return 'error';
    case 'debug':
    case 'info':
    case 'warn':
    case 'error':
    case 'silent':
      return level;
  }
}
