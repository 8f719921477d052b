import type { V1Container, V1Job, V1ObjectMeta, V1ResourceRequirements, V1Secret } from '@kubernetes/client-node';
import { INSIDE_CLUSTER, type WorkerPlan } from '../cluster/cluster-platform.ts';
import { heapLimit } from '../process-compute.ts';

/** Labels by which sessions are found again, by Bosun and by the network policy. */
export const LABELS = {
  owner: 'bosun.dev/owner',
  task: 'bosun.dev/task',
  epoch: 'bosun.dev/epoch',
  part: 'app.kubernetes.io/part-of',
  component: 'app.kubernetes.io/component',
} as const;
/** How a container is to be judged that another process started. */
export const LIMITS_ANNOTATION = 'bosun.dev/limits';

export const WORKER_CONTAINER = 'worker';
const PROGRAM_CONTAINER = 'program';
const TICKET_FILE = 'ticket.json';
/** A user that no image has, without rights. */
const WORKER_USER = 10_002;
const TEMPORARY_BYTES = 1024 ** 3;
const JOB_BYTES = 16 * 1024 ** 2;
const PROGRAM_BYTES = 512 * 1024 ** 2;
const REMOVE_AFTER_S = 3_600;
const GRACE_S = 30;

export interface KubernetesPlan extends WorkerPlan {
  readonly name: string;
  readonly owner: string;
  /** Bosun's own image, which the worker program is copied from. */
  readonly programImage: string;
  /** Host of the door and its address, because workers have no name service. */
  readonly doorAddress: { readonly host: string; readonly address: string } | null;
  readonly cpus: number | null;
  readonly runtimeClass: string | null;
}

/** Copies the worker program with the Node that runs it, so that the worker's own image needs neither. */
const INSTALL = `const fs = require('node:fs');
fs.cpSync('/app/program', '${INSIDE_CLUSTER.program}', { recursive: true });
fs.copyFileSync(process.execPath, '${INSIDE_CLUSTER.node}');`;

const NO_RIGHTS = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  privileged: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/**
 * The Job of a session: one pod that is never replaced, without a token of the cluster, without names, without rights,
 * with a limit on everything that can be used up. It keeps to the Pod Security Standard `restricted`. It is made
 * suspended, so that its ticket can belong to it before its pod starts.
 */
export function workerJob(plan: KubernetesPlan): V1Job {
  const labels = labelsOf(plan);
  const { limits } = plan;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: plan.name,
      labels: { ...labels, 'bosun.dev/kind': plan.kind },
      annotations: { [LIMITS_ANNOTATION]: JSON.stringify(limits) },
    },
    spec: {
      suspend: true,
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      activeDeadlineSeconds: Math.ceil(plan.deadlineMs / 1_000),
      ttlSecondsAfterFinished: REMOVE_AFTER_S,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: GRACE_S,
          ...(plan.runtimeClass === null ? {} : { runtimeClassName: plan.runtimeClass }),
          // No name service, which would be a way out
          dnsPolicy: 'None',
          dnsConfig: { nameservers: ['127.0.0.1'] },
          ...(plan.doorAddress === null
            ? {}
            : { hostAliases: [{ ip: plan.doorAddress.address, hostnames: [plan.doorAddress.host] }] }),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: WORKER_USER,
            runAsGroup: WORKER_USER,
            fsGroup: WORKER_USER,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          initContainers: [programContainer(plan)],
          containers: [workerContainer(plan)],
          volumes: [
            { name: 'program', emptyDir: { sizeLimit: String(PROGRAM_BYTES) } },
            { name: 'ticket', secret: { secretName: plan.name, defaultMode: 0o440 } },
            { name: 'job', emptyDir: { medium: 'Memory', sizeLimit: String(JOB_BYTES) } },
            { name: 'session', emptyDir: { sizeLimit: String(limits.diskBytes) } },
            { name: 'temporary', emptyDir: { sizeLimit: String(TEMPORARY_BYTES) } },
          ],
        },
      },
    },
  };
}

/** The ticket, which goes with the Job. Its code is used up when the worker has come. */
export function ticketSecret(plan: KubernetesPlan, job: V1ObjectMeta): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    immutable: true,
    metadata: {
      name: plan.name,
      labels: labelsOf(plan),
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: plan.name, uid: job.uid ?? '' }],
    },
    stringData: { [TICKET_FILE]: JSON.stringify(plan.ticket) },
  };
}

function labelsOf({ owner, session }: KubernetesPlan): Record<string, string> {
  return {
    [LABELS.part]: 'bosun',
    [LABELS.component]: 'worker',
    [LABELS.owner]: owner,
    [LABELS.task]: session.taskId,
    [LABELS.epoch]: String(session.epoch),
  };
}

function programContainer(plan: KubernetesPlan): V1Container {
  return {
    name: PROGRAM_CONTAINER,
    image: plan.programImage,
    command: ['node', '-e', INSTALL],
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: NO_RIGHTS,
    resources: resourcesOf(plan),
    volumeMounts: [{ name: 'program', mountPath: INSIDE_CLUSTER.program }],
  };
}

function workerContainer(plan: KubernetesPlan): V1Container {
  const { limits } = plan;
  return {
    name: WORKER_CONTAINER,
    image: plan.image,
    command: [
      INSIDE_CLUSTER.node,
      heapLimit(limits.memoryBytes),
      INSIDE_CLUSTER.join,
      INSIDE_CLUSTER.entry,
      INSIDE_CLUSTER.job,
      `${INSIDE_CLUSTER.ticket}/${TICKET_FILE}`,
    ],
    workingDir: '/',
    // The search path is the image's own
    env: [
      { name: 'HOME', value: INSIDE_CLUSTER.home },
      { name: 'TMPDIR', value: INSIDE_CLUSTER.temporary },
      { name: 'LANG', value: 'C.UTF-8' },
    ],
    securityContext: NO_RIGHTS,
    resources: resourcesOf(plan),
    volumeMounts: [
      { name: 'program', mountPath: INSIDE_CLUSTER.program, readOnly: true },
      { name: 'ticket', mountPath: INSIDE_CLUSTER.ticket, readOnly: true },
      { name: 'job', mountPath: '/bosun/job' },
      { name: 'session', mountPath: INSIDE_CLUSTER.session },
      { name: 'temporary', mountPath: INSIDE_CLUSTER.temporary },
    ],
  };
}

/** What is asked for is what may be used, so that a node never has less than it promised. */
function resourcesOf({ cpus, limits }: KubernetesPlan): V1ResourceRequirements {
  const memory = String(limits.memoryBytes);
  const storage = String(limits.diskBytes + TEMPORARY_BYTES + PROGRAM_BYTES);
  return {
    requests: { cpu: cpus === null ? '500m' : String(cpus), memory, 'ephemeral-storage': storage },
    limits: { ...(cpus === null ? {} : { cpu: String(cpus) }), memory, 'ephemeral-storage': storage },
  };
}
