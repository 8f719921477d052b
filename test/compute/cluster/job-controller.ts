import { randomBytes } from 'node:crypto';
import { checkPodSecurity } from './check-pod-security.ts';
import type { ApiError, Change, ObjectStore, Stored } from './object-store.ts';

/**
 * The controllers behind the API that Jobs rely on: pods for Jobs, their count in the status, the deadline, and the removal
 * of what belonged to something that is gone.
 */
export function runControllers(store: ObjectStore, deletePod: (name: string, graceS: number) => void): () => void {
  const deadlines = new Map<string, NodeJS.Timeout>();

  function ownedBy(resource: string, uid: string): Stored[] {
    return store.list(resource).filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
  }

  function reconcile(name: string): void {
    const job = store.list('jobs').find(({ metadata }) => metadata.name === name);
    if (job === undefined || job.status?.conditions !== undefined) {
      return;
    }
    const pods = ownedBy('pods', job.metadata.uid);
    const ended = pods.find(({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed');
    if (ended !== undefined) {
      end(name, ended.status.phase === 'Succeeded' ? 'Complete' : 'BackoffLimitExceeded');
    } else if (job.spec.suspend === true || job.spec.parallelism === 0) {
      pods.forEach(({ metadata }) => deletePod(metadata.name, 30));
    } else if (pods.length === 0) {
      createPod(job);
      deadlines.set(
        name,
        setTimeout(() => {
          end(name, 'DeadlineExceeded');
          ownedBy('pods', job.metadata.uid).forEach(({ metadata }) => deletePod(metadata.name, 30));
        }, job.spec.activeDeadlineSeconds * 1_000),
      );
    }
  }

  function end(name: string, reason: string): void {
    clearTimeout(deadlines.get(name));
    const [type, count] = reason === 'Complete' ? ['Complete', { succeeded: 1 }] : ['Failed', { failed: 1 }];
    store.update('jobs', name, (job) => {
      job.status = { ...count, conditions: [{ type, status: 'True', reason }] };
    });
  }

  function createPod(job: Stored): void {
    const { metadata, spec } = job.spec.template as Stored;
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        name: `${job.metadata.name}-${randomBytes(3).toString('hex')}`,
        namespace: job.metadata.namespace ?? '',
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'Job', name: job.metadata.name, uid: job.metadata.uid, controller: true },
        ],
      },
      spec: structuredClone(spec),
      status: { phase: 'Pending' },
    };
    try {
      checkPodSecurity(pod as unknown as Stored);
      store.create('pods', pod);
    } catch (error) {
      warn(store, job, (error as ApiError).message);
    }
  }

  function react({ object, resource, type }: Change): void {
    // Later, as a controller of its own would
    setImmediate(() => {
      if (resource === 'jobs' && type === 'DELETED') {
        clearTimeout(deadlines.get(object.metadata.name));
        ownedBy('pods', object.metadata.uid).forEach(({ metadata }) => deletePod(metadata.name, 30));
        ownedBy('secrets', object.metadata.uid).forEach(({ metadata }) => store.remove('secrets', metadata.name));
      } else if (resource === 'jobs') {
        reconcile(object.metadata.name);
      } else if (resource === 'pods') {
        const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === 'Job')?.name ?? '';
        const job = store.list('jobs').find(({ metadata }) => metadata.name === owner);
        if (type === 'DELETED' && job !== undefined && job.status?.conditions === undefined) {
          end(owner, 'BackoffLimitExceeded');
        } else {
          reconcile(owner);
        }
      }
    });
  }

  const leave = store.listen(react);
  return () => {
    leave();
    deadlines.forEach((timer) => clearTimeout(timer));
  };
}

function warn(store: ObjectStore, about: Stored, message: string): void {
  store.create('events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${about.metadata.name}.${randomBytes(4).toString('hex')}` },
    type: 'Warning',
    message,
    involvedObject: { kind: about.kind, name: about.metadata.name },
  });
}
