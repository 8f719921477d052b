import type { V1ContainerState, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { takeEnd } from '../../../protocol/index.ts';
import type { SessionFacts, StartRequest } from '../compute.ts';
import { classifyExit, type ExitEvidence } from '../session/classify-exit.ts';
import { describeLimit } from '../session/live-session.ts';
import { WORKER_CONTAINER } from './worker-job.ts';

type Terminated = NonNullable<V1ContainerState['terminated']>;

/** Where a pod is on its way: not yet, running, or over. `stuck`: it will not start as things are. */
export type PodPhase =
  | { readonly kind: 'waiting'; readonly why: string | null }
  | { readonly kind: 'stuck'; readonly why: string; readonly image: boolean }
  | { readonly kind: 'running' }
  /** `neverRan`: why the worker itself did not begin. */
  | { readonly kind: 'over'; readonly neverRan: string | null };

const IMAGE_REASONS = ['ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError'];
const OTHER_REASONS = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'];

export function phaseOf(pod: V1Pod): PodPhase {
  const { status } = pod;
  const worker = statusOf(pod);
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed' || worker?.state?.terminated) {
    return { kind: 'over', neverRan: explainFailedCopy(pod) };
  }
  if (worker?.state?.running) {
    return { kind: 'running' };
  }
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const { image, state } of all) {
    const { message = '', reason = '' } = state?.waiting ?? {};
    if (IMAGE_REASONS.includes(reason) || OTHER_REASONS.includes(reason)) {
      return { kind: 'stuck', why: `${image}: ${message || reason}`, image: IMAGE_REASONS.includes(reason) };
    }
  }
  const unscheduled = status?.conditions?.find(({ status: is, type }) => type === 'PodScheduled' && is === 'False');
  const waiting = all.map(({ state }) => state?.waiting).find((state) => state !== undefined);
  return { kind: 'waiting', why: unscheduled?.message ?? waiting?.message ?? waiting?.reason ?? null };
}

/**
 * What the last state of a pod says about its worker. `pod` is null when it was removed before its end was seen, or never
 * made; `stopped`: this side asked for the end.
 */
export function describePod(
  pod: V1Pod | null,
  given: { stopped: boolean; limits: StartRequest['limits']; output: string },
): Extract<SessionFacts, { kind: 'exited' }> {
  const { limits, output, stopped } = given;
  const terminated = pod === null ? null : (statusOf(pod)?.state?.terminated ?? null);
  const killed = whoKilled(pod, { stopped, terminated });
  if (terminated === null) {
    return {
      kind: 'exited',
      exitCode: null,
      signal: stopped ? 'SIGKILL' : null,
      outOfMemory: false,
      outputTail: explainPod(pod, { stopped, terminated }) + output,
    };
  }
  const isOutOfMemory = terminated.reason === 'OOMKilled' && killed === null;
  const exit = classifyExit({
    exitCode: terminated.exitCode,
    signal: null,
    killed: isOutOfMemory ? 'memory' : killed,
    signalInExitCode: true,
    outputTail:
      describeLimit(isOutOfMemory ? 'memory' : null, limits) + explainPod(pod, { stopped, terminated }) + output,
  });
  return { kind: 'exited', ...exit };
}

/** A pod that the cluster took away was not short of memory, whatever its exit code looks like. */
function whoKilled(
  pod: V1Pod | null,
  { stopped, terminated }: { stopped: boolean; terminated: Terminated | null },
): ExitEvidence['killed'] {
  if (stopped) {
    return 'stop';
  }
  const isTakenAway = pod?.metadata?.deletionTimestamp !== undefined || pod?.status?.reason !== undefined;
  return isTakenAway && terminated?.reason !== 'OOMKilled' ? 'engine' : null;
}

function explainPod(pod: V1Pod | null, given: { stopped: boolean; terminated: Terminated | null }): string {
  const { message, reason } = pod?.status ?? {};
  if (reason !== undefined) {
    return `[stopped: the cluster ended the pod: ${reason}${message === undefined ? '' : `: ${message}`}]\n`;
  }
  const failedCopy = pod === null ? null : explainFailedCopy(pod);
  if (failedCopy !== null) {
    return `[${failedCopy}]\n`;
  }
  if (given.terminated === null && !given.stopped) {
    return '[the pod of this worker was removed before its end was seen]\n';
  }
  // A container that could not be started has the runtime's own words
  return given.terminated?.reason === 'StartError' || given.terminated?.reason === 'ContainerCannotRun'
    ? `[the container did not start: ${given.terminated.message ?? ''}]\n`
    : '';
}

function explainFailedCopy(pod: V1Pod): string | null {
  const failed = pod.status?.initContainerStatuses?.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (failed === undefined) {
    return null;
  }
  const { exitCode, message = '' } = failed.state?.terminated ?? {};
  const words = takeEnd(message.trim(), 500);
  return `the worker program could not be copied from ${failed.image}: exit code ${exitCode}${words === '' ? '' : `, ${words}`}`;
}

function statusOf(pod: V1Pod): V1ContainerStatus | null {
  return pod.status?.containerStatuses?.find(({ name }) => name === WORKER_CONTAINER) ?? null;
}
