import { chmod, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Compute } from '../../app/compute/compute.ts';
import { createProcessCompute } from '../../app/compute/process-compute.ts';
import { reserveOwner } from '../../app/compute/sandbox/sandbox-owner.ts';
import { createSandboxCompute } from '../../app/compute/sandbox-compute.ts';
import type { OpenDoor } from '../../app/main/door/start-door.ts';
import type { Logger } from '../../app/telemetry/log.ts';

export interface WorkerPlan {
  /** Null takes the sandbox where there is one. */
  /** Null for the sandbox, like its name. */
  readonly compute: 'sandbox' | 'process' | null;
  readonly dataDir: string;
  readonly workerEntry: string;
  readonly door: Pick<OpenDoor, 'socketDirectory' | 'listenLoopback'>;
  /** Directories with tools that the worker may read. */
  readonly toolPaths: readonly string[];
  readonly log: Logger;
  /** Shown on the page of the run, not only in its log. */
  readonly warn: (sentence: string) => void;
}

const NO_SANDBOX =
  'The worker runs without a sandbox, as `BOSUN_COMPUTE: process` asks: the agent and what it runs are processes of this job’s user and can reach what the job can, the network and this step’s environment with its keys included.';
const NO_SANDBOX_AS_ROOT =
  'The worker runs without a sandbox, as `BOSUN_COMPUTE: process` asks: the agent and what it runs are processes of an unprivileged user, but can reach the network and read what every user of this machine can.';

/**
 * The sandbox, and nothing else where there is none: a task then fails with the reason and the remedy. A plain process only
 * where the step asks for it by name, which is said on the page of the run: as an unprivileged user where this is root (a
 * job in a container), else as the user of the job.
 */
export async function chooseWorker(plan: WorkerPlan): Promise<Compute> {
  const common = { directory: path.join(plan.dataDir, 'sessions'), nodePath: process.execPath, log: plan.log };
  const isRoot = process.getuid?.() === 0;
  const workerEntry = isRoot ? await copyForOthers(plan) : plan.workerEntry;
  if (plan.compute !== 'process') {
    return createSandboxCompute({
      ...common,
      workerEntry,
      doorSocketPath: plan.door.socketDirectory,
      toolPaths: plan.toolPaths,
    });
  }
  plan.warn(isRoot ? NO_SANDBOX_AS_ROOT : NO_SANDBOX);
  return createProcessCompute({
    ...common,
    // As another user the worker could not come near the socket.
    door: isRoot ? { url: await plan.door.listenLoopback() } : { socketPath: plan.door.socketDirectory },
    workerEntry,
    ...(isRoot ? { dropTo: reserveOwner().owner } : {}),
  });
}

/** As root the worker becomes another user, and the Action may lie where only root can read. */
async function copyForOthers(plan: WorkerPlan): Promise<string> {
  const directory = path.join(plan.dataDir, 'worker');
  await mkdir(directory, { recursive: true });
  const copy = path.join(directory, path.basename(plan.workerEntry));
  await copyFile(plan.workerEntry, copy);
  // Whatever the runner masks.
  await chmod(directory, 0o755);
  await chmod(copy, 0o644);
  return copy;
}
