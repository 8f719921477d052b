import path from 'node:path';
import type { RemoteDoor } from '../../protocol/index.ts';
import { createArchiveEnvironments } from '../compute/cluster/archive-environments.ts';
import { createClusterCompute } from '../compute/cluster/cluster-compute.ts';
import type { ClusterPlatform } from '../compute/cluster/cluster-platform.ts';
import { createRemoteSessions } from '../compute/cluster/remote-sessions.ts';
import { checkEngine } from '../compute/docker/check-engine.ts';
import { createProcessCompute } from '../compute/process-compute.ts';
import { listIsolation, renderIsolation } from '../compute/sandbox/list-isolation.ts';
import { checkSandbox } from '../compute/sandbox/check-sandbox.ts';
import { findToolPathProblems } from '../compute/sandbox/check-tool-paths.ts';
import { createSandboxCompute } from '../compute/sandbox-compute.ts';
import type { Compute } from '../compute/compute.ts';
import { imageNamed } from '../config/images-section.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { Logger } from '../telemetry/log.ts';
import { sessionsDirectory } from './door/remote-door.ts';
import type { OpenDoor } from './door/start-door.ts';

export const WORKER_ENTRY = new URL('../../worker/main.ts', import.meta.url).pathname;

export interface ComputePlan {
  readonly kind: ServerConfig['compute'];
  readonly dataDir: string;
  readonly door: Pick<OpenDoor, 'socketDirectory'>;
  readonly workerEntry: string;
  /** Directories with tools that workers may read. */
  readonly toolPaths: readonly string[];
  readonly containers: ServerConfig['containers'];
  readonly kubernetes: ServerConfig['kubernetes'];
  /** Where workers on other machines reach the door, and whose they are; null where there is no such door. */
  readonly remote: { readonly door: RemoteDoor; readonly owner: string } | null;
  readonly log: Logger;
}

/**
 * The compute that was asked for. A sandbox that cannot be had stops the start; nothing falls back to less safety on
 * its own.
 */
export async function chooseCompute(plan: ComputePlan): Promise<Compute> {
  const common = {
    directory: sessionsDirectory(plan),
    workerEntry: plan.workerEntry,
    nodePath: process.execPath,
    log: plan.log,
  };
  switch (plan.kind) {
    case 'sandbox': {
      const check = await checkSandbox();
      if (!check.ok) {
        throw new Error(`The sandbox cannot be used: ${check.reason}. ${check.remedy}`);
      }
      const walls = listIsolation();
      const isFull = walls.every((wall) => wall.isFull);
      plan.log[isFull ? 'info' : 'warn']('Workers run in sandboxes', { walls: renderIsolation(walls) });
      for (const problem of await findToolPathProblems(plan.toolPaths)) {
        plan.log.error('Workers cannot use a directory of BOSUN_WORKER_PATHS', { ...problem });
      }
      return createSandboxCompute({
        ...common,
        doorSocketPath: plan.door.socketDirectory,
        toolPaths: plan.toolPaths,
      });
    }
    case 'docker':
      return chooseDocker(plan, common);
    case 'kubernetes':
      return chooseKubernetes(plan);
    case 'process':
      plan.log.warn('Workers run as plain processes: they can read what this user can read and reach the network');
      return createProcessCompute({ ...common, door: { socketPath: plan.door.socketDirectory } });
  }
}

/** Workers in containers: the engine and the default image are tried first, so that a mistake shows at the start. */
async function chooseDocker(
  plan: ComputePlan,
  common: { directory: string; workerEntry: string; nodePath: string; log: Logger },
): Promise<Compute> {
  // The client is large, and only this compute needs it
  const [{ openEngine }, { createDockerCompute }] = await Promise.all([
    import('../compute/docker/open-engine.ts'),
    import('../compute/docker-compute.ts'),
  ]);
  const { containers } = plan;
  const { runtime, socketPath } = containers;
  const image = imageNamed(containers.images, null) ?? '';
  const engine = openEngine(socketPath);
  const check = await checkEngine(engine, { socketPath, image, runtime });
  if (!check.ok) {
    throw new Error(`Containers cannot be used: ${check.reason}. ${check.remedy}`);
  }
  const level = check.warnings.length === 0 ? 'info' : 'warn';
  plan.log[level]('Workers run in containers', { engine: check.version, image, weaknesses: check.warnings.join('; ') });
  return createDockerCompute({
    ...common,
    engine,
    socketPath,
    doorSocketPath: plan.door.socketDirectory,
    // A name that the operator has taken away since the task began is looked up as it is, and not found
    imageFor: (name) => imageNamed(containers.images, name) ?? name ?? image,
    runtime,
    cpus: containers.cpus,
  });
}

/** Workers as Jobs of a cluster: whether Bosun may do what it needs there is asked first. */
async function chooseKubernetes(plan: ComputePlan): Promise<Compute> {
  // The client is large, and only this compute needs it
  const [{ openCluster }, { checkCluster }, { createKubernetesPlatform }] = await Promise.all([
    import('../compute/kubernetes/open-cluster.ts'),
    import('../compute/kubernetes/check-cluster.ts'),
    import('../compute/kubernetes/kubernetes-platform.ts'),
  ]);
  const { kubernetes, remote } = plan;
  const { program } = kubernetes;
  if (remote === null || program === null) {
    throw new Error('Workers on Kubernetes need BOSUN_DOOR_URL, and `kubernetes.program` in BOSUN_CONFIG.');
  }
  const cluster = openCluster(kubernetes.namespace);
  const check = await checkCluster(cluster);
  if (!check.ok) {
    throw new Error(`The Kubernetes cluster cannot be used: ${check.reason}. ${check.remedy}`);
  }
  const level = check.warnings.length === 0 ? 'info' : 'warn';
  plan.log[level]('Workers run as Jobs of a Kubernetes cluster', {
    server: cluster.server,
    version: check.version,
    namespace: cluster.namespace,
    weaknesses: check.warnings.join('; '),
  });
  const platform = createKubernetesPlatform({
    ...kubernetes,
    cluster,
    owner: remote.owner,
    programImage: program,
    doorUrl: remote.door.url,
    log: plan.log,
  });
  return onCluster('kubernetes', { plan, platform, door: remote.door });
}

function onCluster(
  name: 'kubernetes',
  { door, plan, platform }: { plan: ComputePlan; platform: ClusterPlatform; door: RemoteDoor },
): Compute {
  const { images } = plan.containers;
  const directory = sessionsDirectory(plan);
  const sessions = createRemoteSessions(directory);
  const imageFor = (asked: string | null): string => imageNamed(images, asked) ?? asked ?? '';
  const environments = createArchiveEnvironments({ directory: path.join(directory, '.archives'), sessions, imageFor });
  return createClusterCompute({ name, platform, directory, sessions, environments, door, imageFor, log: plan.log });
}
