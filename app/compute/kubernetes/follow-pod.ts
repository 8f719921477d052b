import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { SessionFacts, StartRequest } from '../compute.ts';
import type { FollowedSession } from '../cluster/cluster-platform.ts';
import { createOutputTail } from '../session/output-tail.ts';
import { endsWithin } from '../session/orphaned-session.ts';
import { isConflict, isMissing, isUnavailable } from './cluster-errors.ts';
import { describePod, phaseOf, type PodPhase } from './describe-pod.ts';
import type { Cluster } from './open-cluster.ts';
import { watchPod } from './watch-pod.ts';
import { WORKER_CONTAINER } from './worker-job.ts';

const LOG_CLOSE_MS = 5_000;
const LOG_AGAIN_MS = 1_000;
/** For the machine of the pod to say that it is gone, beyond the grace. */
const CONFIRM_MS = 15_000;

export interface FollowedPod extends FollowedSession {
  /** Resolves once the pod has come as far as `enough` asks for. */
  readonly reaches: (enough: (phase: PodPhase) => boolean) => Promise<PodPhase>;
}

/**
 * Follows the pod of a Job to its end, and reads what it prints. An API server that does not answer is waited for: the
 * worker may well continue, and its heartbeats tell.
 */
export function followPod(given: {
  cluster: Cluster;
  job: V1Job;
  labelSelector: string;
  limits: StartRequest['limits'];
  onOutage: (error: unknown) => void;
}): FollowedPod {
  const { cluster, job, limits } = given;
  const name = job.metadata?.name ?? '';
  const watching = new AbortController();
  const lookAgain = new EventTarget();
  const waiting = new Set<(phase: PodPhase) => void>();
  let phase: PodPhase = { kind: 'waiting', why: null };
  let podName: string | null = null;
  let stopped = false;
  let facts: SessionFacts | null = null;
  let log: PodLog | null = null;
  /** Resolves with the next state of the pod after an outage. */
  let inTouch = Promise.withResolvers<void>();

  function enter(next: PodPhase): void {
    phase = next;
    waiting.forEach((tell) => tell(next));
  }

  function loseTouch(reason: unknown): void {
    inTouch = Promise.withResolvers<void>();
    given.onOutage(reason);
  }

  async function follow(): Promise<SessionFacts> {
    let last: V1Pod | null = null;
    const changes = watchPod({
      ...given,
      jobUid: job.metadata?.uid ?? '',
      lookAgain,
      signal: watching.signal,
      onOutage: loseTouch,
    });
    for await (const pod of changes) {
      inTouch.resolve();
      if (pod === null) {
        // Not made yet, or gone without its end having been seen
        if (last !== null || stopped || (await isJobOver(cluster, name))) {
          break;
        }
        continue;
      }
      last = pod;
      podName = pod.metadata?.name ?? null;
      const next = phaseOf(pod);
      if ((next.kind === 'running' || next.kind === 'over') && podName !== null) {
        log ??= followLog(cluster, { pod: podName, outputBytes: limits.outputBytes, signal: watching.signal });
      }
      if (next.kind === 'over') {
        phase = next;
        break;
      }
      enter(next);
    }
    await Promise.race([log?.ended, pause(LOG_CLOSE_MS, undefined, { ref: false })]);
    return describePod(last, { stopped, limits, output: log?.read() ?? '' });
  }

  const ended = follow()
    .then((found) => {
      facts = found;
      enter(phase.kind === 'over' ? phase : { kind: 'over', neverRan: null });
      return found;
    })
    .finally(() => watching.abort());
  ended.catch(() => undefined);

  async function stop(graceMs: number): Promise<SessionFacts> {
    stopped = true;
    // A pod that is removed while nobody watches takes its exit code along
    await Promise.race([inTouch.promise, pause(CONFIRM_MS, undefined, { ref: false })]);
    await remove(Math.max(1, Math.ceil(graceMs / 1_000)));
    if (!(await endsWithin(ended, graceMs + CONFIRM_MS))) {
      // Its machine does not answer: taken out of the cluster without its word
      await remove(0);
    }
    return ended;
  }

  async function remove(graceS: number): Promise<void> {
    // So that no other pod takes its place
    await cluster.patchJob(name, { parallelism: 0 }).catch(unlessGone);
    if (podName !== null) {
      await cluster.deletePod(podName, graceS).catch(unlessGone);
    } else {
      lookAgain.dispatchEvent(new Event('now'));
    }
  }

  return {
    facts: () => facts,
    ended,
    stop,
    reaches: (enough) =>
      new Promise((resolve) => {
        function tell(next: PodPhase): void {
          if (enough(next)) {
            waiting.delete(tell);
            resolve(next);
          }
        }
        waiting.add(tell);
        tell(phase);
      }),
  };
}

interface PodLog {
  readonly ended: Promise<void>;
  readonly read: () => string;
}

/** Reads the log to its end; from its start again where the connection broke, because the machine keeps it. */
function followLog(cluster: Cluster, given: { pod: string; outputBytes: number; signal: AbortSignal }): PodLog {
  const { pod, signal } = given;
  let tail = createOutputTail(given.outputBytes);
  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        const stream = await cluster.openLog(pod, WORKER_CONTAINER, signal);
        tail = createOutputTail(given.outputBytes);
        tail.follow(stream);
        await finished(stream);
        if (stream.complete) {
          return;
        }
      } catch (error) {
        if (isMissing(error) || signal.aborted) {
          return;
        }
      }
      await pause(LOG_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return { ended: follow(), read: () => tail.read() };
}

/** Whether a Job without a pod will not get one any more. */
async function isJobOver(cluster: Cluster, name: string): Promise<boolean> {
  try {
    const { status } = await cluster.readJob(name);
    return (status?.failed ?? 0) > 0 || (status?.succeeded ?? 0) > 0;
  } catch (error) {
    if (isMissing(error)) {
      return true;
    }
    if (isUnavailable(error)) {
      return false;
    }
    throw error;
  }
}

function unlessGone(error: unknown): void {
  // A conflict: somebody else changes it at the same moment, to the same end
  if (!isMissing(error) && !isConflict(error)) {
    throw error;
  }
}
