import { chmod, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Compute } from '../../app/compute/compute.ts';
import { createProcessCompute } from '../../app/compute/process-compute.ts';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { ownerOfSlot } from '../../app/compute/sandbox/sandbox-owner.ts';
import { createSandboxCompute } from '../../app/compute/sandbox-compute.ts';
import type { OpenDoor } from '../../app/main/door/start-door.ts';
import type { Logger } from '../../app/telemetry/log.ts';

export interface WorkerPlan {
  /** Null takes the sandbox where there is one. */
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

const REMEDY =
  'Install bubblewrap in a step before this one, as docs/action-workflow.yml does, and set `BOSUN_COMPUTE: sandbox` in the `env` of the step to never run without.';
const NO_SANDBOX = `The worker runs without a sandbox: the agent and what it runs are processes of this job’s user and can reach what the job can, the network and this step’s environment with its keys included. ${REMEDY}`;
const NO_SANDBOX_AS_ROOT = `The worker runs without a sandbox: the agent and what it runs are processes of an unprivileged user, but can reach the network and read what every user of this machine can. ${REMEDY}`;

/**
 * The sandbox where the runner has one. Without it the worker is a plain process, which is said on the page of the run: as
 * an unprivileged user where this is root (a job in a container), else as the user of the job.
 */
export async function chooseWorker(plan: WorkerPlan): Promise<Compute> {
  const common = { directory: path.join(plan.dataDir, 'sessions'), nodePath: process.execPath, log: plan.log };
  const isRoot = process.getuid?.() === 0;
  const workerEntry = isRoot ? await copyForOthers(plan) : plan.workerEntry;
  const check = plan.compute === 'process' ? null : await checkSandbox();
  if (check?.ok === true) {
    plan.log.info('The worker runs in a sandbox', { bubblewrap: check.version });
  }
  if (check?.ok === true || plan.compute === 'sandbox') {
    // Asked for and not to be had: the task fails with the reason and the remedy.
    return createSandboxCompute({
      ...common,
      workerEntry,
      doorSocketPath: plan.door.socketDirectory,
      toolPaths: plan.toolPaths,
    });
  }
  plan.warn(isRoot ? NO_SANDBOX_AS_ROOT : NO_SANDBOX);
  if (check !== null) {
    plan.log.warn('There is no sandbox', { reason: check.reason, remedy: check.remedy });
  }
  return createProcessCompute({
    ...common,
    // As another user the worker could not come near the socket.
    door: isRoot ? { url: await plan.door.listenLoopback() } : { socketPath: plan.door.socketDirectory },
    workerEntry,
    ...(isRoot ? { dropTo: ownerOfSlot(0) } : {}),
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
