import { EventEmitter, on } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { isUnavailable, statusOf } from './cluster-errors.ts';
import type { Cluster } from './open-cluster.ts';

const AGAIN_MS = 1_000;
const GONE = 410;

/**
 * The states of a Job's pod, one after the other; null where there is none. It is listed, then watched from there; when a
 * watch ends, however it does, it is listed again, so that nothing is missed whatever happened in between.
 */
export async function* watchPod(given: {
  cluster: Cluster;
  labelSelector: string;
  jobUid: string;
  /** Its event `now` ends what is waited for. */
  lookAgain: EventTarget;
  signal: AbortSignal;
  onOutage: (error: unknown) => void;
}): AsyncGenerator<V1Pod | null> {
  const { cluster, labelSelector, lookAgain, signal } = given;
  function isOurs(pod: V1Pod): boolean {
    return pod.metadata?.ownerReferences?.some(({ uid }) => uid === given.jobUid) === true;
  }
  while (!signal.aborted) {
    const round = new AbortController();
    function end(): void {
      round.abort();
    }
    signal.addEventListener('abort', end, { once: true });
    lookAgain.addEventListener('now', end, { once: true });
    try {
      const { pods, resourceVersion } = await cluster.listPods(labelSelector);
      yield pods.find(isOurs) ?? null;
      const changes = new EventEmitter();
      const states = on(changes, 'state', { close: ['end'] });
      const watched = cluster
        .watchPods({ labelSelector, resourceVersion, signal: round.signal }, ({ kind, pod }) => {
          if (isOurs(pod)) {
            changes.emit('state', pod);
            if (kind === 'deleted') {
              changes.emit('state', null);
            }
          }
        })
        .finally(() => changes.emit('end'));
      watched.catch(() => undefined);
      for await (const [state] of states as AsyncIterable<[V1Pod | null]>) {
        yield state;
      }
      await watched;
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (statusOf(error) !== GONE && !isUnavailable(error)) {
        throw error;
      }
      given.onOutage(error);
      await pause(AGAIN_MS);
    } finally {
      end();
      signal.removeEventListener('abort', end);
      lookAgain.removeEventListener('now', end);
    }
  }
}
