import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { V1Job } from '@kubernetes/client-node';
import type { SessionRef, StartRequest } from '../compute.ts';
import type { ClusterPlatform, Launch, WorkerPlan } from '../cluster/cluster-platform.ts';
import { endsWithin } from '../session/orphaned-session.ts';
import type { ComputeLog } from '../session/launch.ts';
import { explainCluster, isConflict, isMissing } from './cluster-errors.ts';
import { followPod, type FollowedPod } from './follow-pod.ts';
import type { Cluster } from './open-cluster.ts';
import { LABELS, LIMITS_ANNOTATION, ticketSecret, workerJob } from './worker-job.ts';

export interface KubernetesOptions {
  readonly cluster: Cluster;
  /** Tells the sessions of this Bosun from those of others in the same namespace; the same in all of its processes. */
  readonly owner: string;
  readonly programImage: string;
  readonly doorUrl: string;
  readonly cpus: number | null;
  readonly runtimeClass: string | null;
  /** How long a pod may take to run; two minutes when absent. */
  readonly startMs?: number;
  readonly log: ComputeLog;
}

const START_MS = 2 * 60_000;
const LOOK_AGAIN_MS = 200;
const REMOVAL_MS = 30_000;

/** Workers as Jobs of a Kubernetes cluster. */
export function createKubernetesPlatform(options: KubernetesOptions): ClusterPlatform {
  const { cluster, log, owner } = options;

  function nameOf({ epoch, taskId }: SessionRef): string {
    return `bosun-${owner}-${taskId.toLowerCase()}-${epoch}`;
  }

  function follow(session: SessionRef, job: V1Job): FollowedPod {
    return followPod({
      cluster,
      job,
      labelSelector: `${LABELS.owner}=${owner},${LABELS.task}=${session.taskId},${LABELS.epoch}=${session.epoch}`,
      limits: JSON.parse(job.metadata?.annotations?.[LIMITS_ANNOTATION] ?? '{}') as StartRequest['limits'],
      onOutage: (error) => log.warn('compute: the cluster does not answer; its workers are waited for', { error }),
    });
  }

  async function read(session: SessionRef): Promise<V1Job | null> {
    const job = await cluster.readJob(nameOf(session)).catch((error: unknown) => {
      if (isMissing(error)) {
        return null;
      }
      throw error;
    });
    return job?.metadata?.labels?.[LABELS.owner] === owner ? job : null;
  }

  /** Null when a Job of that name is there already, which another process of this Bosun made at the same moment. */
  async function create(plan: WorkerPlan): Promise<V1Job | null> {
    const full = {
      ...plan,
      ...options,
      name: nameOf(plan.session),
      doorAddress: await resolveHost(options.doorUrl),
    };
    let job: V1Job;
    try {
      job = await cluster.createJob(workerJob(full));
    } catch (error) {
      if (isConflict(error)) {
        return null;
      }
      throw error;
    }
    await cluster.createSecret(ticketSecret(full, job.metadata ?? {}));
    await cluster.patchJob(full.name, { suspend: false });
    return job;
  }

  async function launch(plan: WorkerPlan): Promise<Launch> {
    const created = await create(plan);
    const job = created ?? (await read(plan.session));
    if (job === null) {
      throw new Error(`the Job ${nameOf(plan.session)} is there and is gone again`);
    }
    const followed = follow(plan.session, job);
    let current = followed.reaches(({ kind }) => kind !== 'waiting');
    if (!(await endsWithin(current, options.startMs ?? START_MS))) {
      current = followed.reaches(() => true);
    }
    const phase = await current;
    if (phase.kind === 'running' || (phase.kind === 'over' && phase.neverRan === null)) {
      return { started: true, follow: followed };
    }
    if (phase.kind === 'over') {
      return {
        started: false,
        reason: `the worker did not start: ${phase.neverRan}`,
        remedy: 'Name the image of Bosun (deploy/image) under `kubernetes.program` in BOSUN_CONFIG.',
      };
    }
    const why = phase.why ?? (await cluster.readWarning(nameOf(plan.session)).catch(() => null));
    await followed.stop(0);
    if (phase.kind === 'stuck') {
      return {
        started: false,
        reason: `the cluster cannot start the container of the worker: ${phase.why}`,
        remedy: phase.image
          ? 'Check the name of the image under `images` and `kubernetes.program` in BOSUN_CONFIG, and that the nodes may pull it.'
          : 'Check the image: it needs glibc, git and /bin/sh, and nothing that a user without rights may not do.',
      };
    }
    return {
      started: false,
      isOutage: true,
      reason: `the cluster did not start the pod of the worker in time: ${why ?? 'it gave no reason'}`,
      remedy: `Look at the events of the namespace ${cluster.namespace}: there may be no room on the nodes, or an image that takes long to pull.`,
    };
  }

  async function remove(session: SessionRef): Promise<void> {
    if ((await read(session)) === null) {
      return;
    }
    await cluster.deleteJob(nameOf(session)).catch((error: unknown) => {
      if (!isMissing(error)) {
        throw error;
      }
    });
    // Its name can be used again once it is gone
    for (const until = performance.now() + REMOVAL_MS; performance.now() < until; await pause(LOOK_AGAIN_MS)) {
      if ((await read(session)) === null) {
        return;
      }
    }
  }

  return {
    launch,
    async find(session) {
      const job = await read(session);
      // One whose start was cut off never ran
      return job === null || job.spec?.suspend === true || job.metadata?.deletionTimestamp !== undefined
        ? null
        : follow(session, job);
    },
    async list() {
      const jobs = await cluster.listJobs(`${LABELS.owner}=${owner}`);
      return jobs.flatMap(({ metadata }) => {
        const [taskId, epoch] = [metadata?.labels?.[LABELS.task], Number(metadata?.labels?.[LABELS.epoch])];
        return taskId === undefined || !Number.isSafeInteger(epoch) ? [] : [{ taskId, epoch }];
      });
    },
    remove,
    explain: (error) =>
      error instanceof UnknownDoor
        ? {
            started: false,
            isOutage: true,
            reason: `the host of BOSUN_DOOR_URL has no address: ${error.message}`,
            remedy: 'Set BOSUN_DOOR_URL to a name that Bosun can look up, or to an address.',
          }
        : explainCluster(error, cluster),
  };
}

class UnknownDoor extends Error {}

/** Workers have no name service, so that they are told the address of the door. */
async function resolveHost(url: string): Promise<{ host: string; address: string } | null> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) {
    return null;
  }
  const { address } = await lookup(host).catch((error: Error) => {
    throw new UnknownDoor(error.message, { cause: error });
  });
  return { host, address };
}
