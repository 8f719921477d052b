import path from 'node:path';
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
  readonly log: Logger;
}

/**
 * The compute that was asked for. A sandbox that cannot be had stops the start; nothing falls back to less safety on
 * its own.
 */
export async function chooseCompute(plan: ComputePlan): Promise<Compute> {
  const common = {
    directory: path.join(plan.dataDir, 'sessions'),
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
