import { createAdmission } from '../../../app/admission/create-admission.ts';
import { createRepoFiles } from '../../../app/admission/repo-file.ts';
import type { GitHubApp } from '../../../app/github/github.ts';
import { createHydrator } from '../../../app/hydration/hydrate.ts';
import { createRouter } from '../../../app/intake/router.ts';
import { sweepDeliveries } from '../../../app/intake/recovery/sweep-deliveries.ts';
import { ORCHESTRATOR_TIMES } from '../../../app/main/orchestrator-times.ts';
import { createOrchestrator } from '../../../app/orchestrator/orchestrator.ts';
import { createPublisher } from '../../../app/publish/publish.ts';
import { createReporter } from '../../../app/report/reporter.ts';
import type { WakeUp } from '../../../app/store/wake-up.ts';
import { cleanOutput } from '../../../app/text/clean-output.ts';
import { hashApprovedText } from '../../../app/text/hash-approved-text.ts';
import { APP_ID } from '../peers/github/github-state.ts';
import type { Receiver } from '../peers/deliveries.ts';
import type { Owner } from '../engine/virtual-time.ts';
import { createDispatcher } from './dispatcher.ts';
import { createSimLog, NO_METRICS } from './sim-log.ts';
import { openPorts } from './open-ports.ts';
import { SERVER } from './server-settings.ts';
import type { World } from './world.ts';

/** Repositories here have neither submodules nor files of Git LFS. */
const NOTHING_MORE = {
  listSubmodules: async () => [],
  ensureCommit: async () => ({ ok: true as const, found: true }),
  lfs: {
    pointers: async () => [],
    fetch: async () => ({ ok: true as const, problems: new Map<string, string>() }),
    path: () => '/nonexistent',
  },
};

const SWEEP_MS = 5 * 60_000;
const SERVER_URL = 'https://github.example';

/** One running Bosun with all its roles. */
export interface Running {
  readonly owner: Owner;
  readonly receive: Receiver;
  wake(wakeUp: WakeUp): void;
  /** As SIGTERM does. */
  stop(): Promise<void>;
}

/** Composes the real rooms as `app/main.ts` does, over simulated ports. Runs in the name of `owner`. */
export function bootProcess(world: World, host: { owner: Owner; name: string; skewMs(): number }): Running {
  const { sim } = world;
  const { owner } = host;
  const clock = { now: () => new Date(sim.time.now() + host.skewMs()) };
  const ports = openPorts(world, { owner, clock });
  const { queue, stores } = ports;
  const log = createSimLog(sim, owner);
  const chance = sim.chance.stream(owner.name);
  const github = () => ports.github;

  const orchestrator = createOrchestrator({
    stores,
    queue,
    artifacts: ports.artifacts,
    compute: ports.compute,
    git: ports.repositories,
    hydrator: createHydrator({ github, mirror: { ...ports.mirrors, ...NOTHING_MORE }, lfsBytes: 0 }),
    publisher: createPublisher({
      github,
      attempts: ports.repositories,
      mirrors: ports.mirrors,
      artifacts: ports.artifacts,
      tasks: ports.publisherTasks,
      findSecrets: () => [],
      cleanOutput,
      hashText: hashApprovedText,
      markerKey: () => stores.keys.get('comment-marker'),
      serverUrl: SERVER_URL,
      identity: { appId: APP_ID, name: 'bosun[bot]', email: 'bosun@github.example' },
      clock,
      git: ports.git,
    }),
    clock,
    log,
    metrics: NO_METRICS,
    owner: host.name,
    limits: ports.limits,
    worker: { memoryBytes: 1, processes: 1, fileBytes: 1, outputBytes: 1, diskBytes: 1 },
    cacheBytes: 1,
    registries: [],
    times: ORCHESTRATOR_TIMES,
    newToken: () => `token-of-${owner.name}-${chance.next()}`.padEnd(40, '0'),
    random: chance.next,
  });
  const reporter = createReporter({
    stores,
    github,
    queue,
    appId: APP_ID,
    holder: host.name,
    clock,
    render: { serverUrl: SERVER_URL, taskUrl: null, clean: (text) => text },
    log,
  });
  const admission = createAdmission({
    stores,
    github,
    repoFiles: createRepoFiles({ clock }),
    server: SERVER,
    clock,
    newId: world.newTaskId,
    log,
  });
  const router = createRouter({
    inbox: stores.inbox,
    queue,
    appId: APP_ID,
    privateKey: '',
    apiUrl: SERVER_URL,
    dispatcher: createDispatcher(),
    onIncoming: (incoming, deliveryId) => admission.handle(incoming, deliveryId),
    onInstallationGone: async () => 'ignored',
    clock,
    log,
  });

  async function sweepOnce(): Promise<void> {
    const { inbox, keys } = stores;
    const cursor = await keys.read('swept-until');
    const result = await sweepDeliveries({
      purpose: 'sweep',
      app: ports.app as GitHubApp,
      inbox,
      sweptUntil: cursor === null ? null : new Date(cursor),
      restored: null,
      holds: () => true,
      clock,
      log,
    });
    if (result.swept) {
      await keys.write('swept-until', result.sweptUntil.toISOString());
    }
  }

  function sweep(): void {
    sweepOnce().catch((error: unknown) => log.error('Looking for missed deliveries failed', { err: error }));
  }

  async function start(): Promise<void> {
    reporter.start();
    router.start();
    sweep();
    setInterval(sweep, SWEEP_MS);
    // A process that cannot start is started again by whoever looks after it.
    await orchestrator.start().catch((error: unknown) => {
      log.error('The start failed', { err: error });
      owner.dead = true;
    });
  }

  void start();
  return {
    owner,
    wake: (wakeUp) => void queue.send(wakeUp),
    receive: async (delivery) => {
      try {
        await stores.inbox.record({ ...delivery, receivedAt: clock.now() });
        return true;
      } catch {
        return false;
      }
    },
    async stop() {
      await router.stop();
      await orchestrator.stop();
      await reporter.runOnce().catch(() => 0);
      await reporter.stop();
    },
  };
}
