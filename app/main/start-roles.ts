import { randomUUID } from 'node:crypto';
import { followChains } from '../admission/follow-chains.ts';
import { startScheduledJob } from '../intake/recovery/scheduled-job.ts';
import { createAdmission } from '../admission/create-admission.ts';
import { createRepoFiles } from '../admission/repo-file.ts';
import { createTaskIds } from '../admission/task-ids.ts';
import { openEndpoint } from './door/open-endpoint.ts';
import { openRemoteDoor } from './door/remote-door.ts';
import { startDoor, type OpenDoor } from './door/start-door.ts';
import { waitForDoor } from './door/wait-for-door.ts';
import { endTasksOfInstallation } from './end-installation.ts';
import { startMirrorPruning } from './recovery/start-mirror-pruning.ts';
import { startRetention } from './recovery/start-retention.ts';
import type { BosunOptions, ServerContext } from './server-context.ts';
import { startOrchestration } from './start-orchestration.ts';
import { startWeb } from './start-web.ts';
import { systemClock } from './system.ts';

export async function startDoorRole(server: ServerContext): Promise<OpenDoor> {
  const { config, git, log, metrics, redactor, storage, tracer } = server;
  const door = await startDoor({
    model: { ...config.model, apiKey: config.model.apiKey ?? '' },
    providers: config.providers,
    openEndpoint,
    keyWatch: { keys: storage.stores.keys, model: config.defaults.model },
    dataDir: config.storage.dataDir,
    stores: storage.stores,
    artifacts: storage.artifacts,
    repositories: git.repositories,
    lfs: git.lfs,
    redact: redactor.redact,
    log,
    tracer,
    packages: {
      config: config.packages,
      cacheBytes: config.storage.cacheBytes,
      proxy: config.proxy,
      // The token of a prepare session is revoked when it ends, and a work session never had packages.
      mayUsePackages: ({ kind }) => (kind === 'prepare' ? 'open' : 'closed'),
    },
    onAnswer: metrics.doorAnswered,
    ...(await openRemoteDoor(config, storage.stores.keys)),
  });
  server.closers.push(() => door.stop());
  return door;
}

export async function startWebRole(server: ServerContext): Promise<void> {
  const { config, github, log, options, storage } = server;
  const repoFiles = createRepoFiles({ clock: systemClock });
  const admission = createAdmission({
    stores: storage.stores,
    github: (installationId) => github.installation(installationId),
    repoFiles,
    server: config,
    clock: systemClock,
    newId: createTaskIds(storage.stores.keys),
    log,
  });
  const web = await startWeb({
    ...server,
    app: config.app,
    onIncoming: (incoming, deliveryId) => admission.handle(incoming, deliveryId),
    onSignal: (signal) => admission.heed(signal),
    onInstallationGone: (installationId) =>
      endTasksOfInstallation(installationId, { tasks: storage.stores.tasks, clock: systemClock }),
    version: options.version,
    repoFiles,
    ...(options.recoveryTimes === undefined ? {} : { recoveryTimes: options.recoveryTimes }),
    ...(options.onRouted === undefined ? {} : { onRouted: options.onRouted }),
  });
  server.closers.push(() => web.stop());
  const chains = startScheduledJob({
    name: 'follow-chains',
    everyMs: CHAINS_MS,
    holder: randomUUID(),
    recovery: storage.stores.recovery,
    clock: systemClock,
    log,
    async run() {
      await followChains({
        stores: storage.stores,
        server: config,
        clock: systemClock,
        newId: createTaskIds(storage.stores.keys),
        log,
      });
      return null;
    },
  });
  server.closers.push(() => chains.stop());
}

/** How long a link of a chain waits for the one before it at most. */
const CHAINS_MS = 3_000;

/** `ownDoor` is the door of this process; null waits for that of another one on the same data directory. */
export async function startOrchestratorRole(server: ServerContext, ownDoor: OpenDoor | null): Promise<void> {
  const { closers, config, git, log, metrics, notices, storage } = server;
  const { cacheBytes, dataDir, retentionDays } = config.storage;
  const onWait = (sentence: string): void => notices.set('start', { kind: 'stops', sentence });
  const orchestration = await startOrchestration({
    ...server,
    ...git,
    door: ownDoor ?? (await waitForDoor({ dataDir, log, onWait })),
    ...pickSteps(server.options),
  });
  closers.push(() => orchestration.stop());
  const { repositories } = git;
  const retention = startRetention({ storage, repositories, days: retentionDays, metrics, log });
  closers.push(() => retention.stop());
  const pruning = startMirrorPruning({ mirrors: git.mirrors, maxBytes: cacheBytes, clock: systemClock, log });
  closers.push(() => pruning.stop());
}

function pickSteps(options: BosunOptions): Pick<BosunOptions, 'around' | 'onStep' | 'times' | 'workerEntry'> {
  return {
    ...(options.around === undefined ? {} : { around: options.around }),
    ...(options.times === undefined ? {} : { times: options.times }),
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
    ...(options.workerEntry === undefined ? {} : { workerEntry: options.workerEntry }),
  };
}
