import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { describeRegistries } from '../../app/config/packages-config.ts';
import { createAttemptRepositories } from '../../app/git/attempt-repository.ts';
import { createMirrors } from '../../app/git/mirror.ts';
import type { GitHub } from '../../app/github/github.ts';
import { createHydrator } from '../../app/hydration/hydrate.ts';
import { startDoor } from '../../app/main/door/start-door.ts';
import { createLfsFiles } from '../../app/git/lfs/lfs-files.ts';
import { createCommitFetcher } from '../../app/main/git/fetch-commit.ts';
import { createLfsFetcher } from '../../app/main/git/fetch-lfs.ts';
import { systemClock } from '../../app/main/system.ts';
import { createTokenIssuer } from '../../app/main/issue-token.ts';
import { ORCHESTRATOR_TIMES } from '../../app/main/orchestrator-times.ts';
import { createOrchestrator } from '../../app/orchestrator/orchestrator.ts';
import { createPublisher } from '../../app/publish/publish.ts';
import type { Queue } from '../../app/queue/queue.ts';
import { createDirectoryArtifacts } from '../../app/store/artifacts/directory-artifacts.ts';
import type { Stores } from '../../app/store/stores.ts';
import type { Logger } from '../../app/telemetry/log.ts';
import { cleanOutput } from '../../app/text/clean-output.ts';
import { hashApprovedText } from '../../app/text/hash-approved-text.ts';
import type { Redactor } from '../../app/text/redact.ts';
import type { Inputs } from '../read-inputs.ts';
import { chooseWorker } from './choose-worker.ts';

export interface RoomsPlan {
  readonly config: Inputs['config'];
  readonly compute: Inputs['compute'];
  readonly stores: Stores;
  readonly queue: Queue;
  readonly github: GitHub;
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly warn: (sentence: string) => void;
  readonly dataDir: string;
  /** Kept when the run is over, so that a later step can upload it. */
  readonly artifactsDir: string;
  readonly workerEntry: string;
}

/** A job that waits for GitHub costs money, and its token lives for an hour or a day. */
const GITHUB_PATIENCE_MS = 20 * 60_000;
/** The runner gives a cancelled step about ten seconds in all. */
const STOP_GRACE_MS = 3_000;
/** The door closes when the task has ended: nobody waits for an answer any more. */
const DOOR_GRACE_MS = 1_000;
/** The user behind the token of a workflow. Its number is the one on github.com. */
const IDENTITY = {
  appId: null,
  name: 'github-actions[bot]',
  email: '41898282+github-actions[bot]@users.noreply.github.com',
};

/** Opens what a task needs to run: door, worker, publisher, orchestrator. Resolves with how to wind it down. */
export async function startModules(plan: RoomsPlan): Promise<{ stop(): Promise<void> }> {
  const { config, stores, redactor, log } = plan;
  // A worker of another user passes through it to what is its own.
  await chmod(plan.dataDir, 0o711);
  const github = () => plan.github;
  const artifacts = createDirectoryArtifacts({ directory: plan.artifactsDir });
  const { serverUrl } = config.github;
  const mirrors = createMirrors({ directory: path.join(plan.dataDir, 'mirrors'), serverUrl });
  const repositories = createAttemptRepositories({
    directory: path.join(plan.dataDir, 'attempts'),
    mirrors,
    store: artifacts,
    fetchCommit: createCommitFetcher({ tasks: stores.tasks, github, mirrors }),
  });
  const door = await startDoor({
    model: config.model,
    providers: config.providers,
    dataDir: plan.dataDir,
    stores,
    artifacts,
    repositories,
    lfs: createLfsFiles({
      repositories,
      store: mirrors.lfs,
      fetch: createLfsFetcher({ tasks: stores.tasks, github, store: mirrors.lfs }),
    }),
    redact: redactor.redact,
    log,
    packages: {
      config: config.packages,
      cacheBytes: config.storage.cacheBytes,
      proxy: config.proxy,
      mayUsePackages: ({ kind }) => (kind === 'prepare' ? 'open' : 'closed'),
    },
    closeGraceMs: DOOR_GRACE_MS,
  });
  try {
    const orchestrator = createOrchestrator({
      stores,
      queue: plan.queue,
      artifacts,
      compute: await chooseWorker({ ...plan, door, toolPaths: config.workerPaths }),
      git: repositories,
      hydrator: createHydrator({ github, mirror: mirrors, lfsBytes: config.storage.lfsBytes }),
      publisher: createPublisher({
        github,
        attempts: repositories,
        mirrors,
        artifacts,
        tasks: stores.tasks,
        findSecrets: redactor.findSecrets,
        cleanOutput,
        hashText: hashApprovedText,
        markerKey: () => stores.keys.get('comment-marker'),
        serverUrl,
        identity: IDENTITY,
        clock: systemClock,
      }),
      clock: systemClock,
      log,
      metrics: {
        leaseLost: ignore,
        taskRecovered: ignore,
        stepEnded: ignore,
        taskClaimed: ignore,
        taskWaits: ignore,
        taskEnded: ignore,
        attemptLost: ignore,
        reapingPaused: ignore,
        moneySpent: ignore,
        gateRefused: ignore,
      },
      owner: 'action',
      limits: () => ({ concurrency: config.limits.concurrency, budgets: config.limits.budgets }),
      worker: config.worker,
      cacheBytes: config.storage.cacheBytes,
      registries: describeRegistries(config.packages),
      times: { ...ORCHESTRATOR_TIMES, stopGraceMs: STOP_GRACE_MS, githubPatienceMs: GITHUB_PATIENCE_MS },
      newToken: createTokenIssuer(redactor),
      random: Math.random,
    });
    await orchestrator.start();
    return {
      async stop() {
        await orchestrator.stop();
        await door.stop();
      },
    };
  } catch (error) {
    await door.stop();
    throw error;
  }
}

/** Nobody scrapes the metrics of a job. */
function ignore(): void {}
