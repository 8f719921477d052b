import http from 'node:http';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import {
  AuthorizationV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import type { V1Job, V1Pod, V1Secret } from '@kubernetes/client-node';

/** What Bosun asks of a cluster, and nothing else: the rights in `deploy/kubernetes` are these. */
export interface Cluster {
  readonly server: string;
  readonly namespace: string;
  createJob(job: V1Job): Promise<V1Job>;
  readJob(name: string): Promise<V1Job>;
  listJobs(labelSelector: string): Promise<V1Job[]>;
  patchJob(name: string, spec: Partial<NonNullable<V1Job['spec']>>): Promise<void>;
  /** Removes it with its pods and its ticket. */
  deleteJob(name: string): Promise<void>;
  createSecret(secret: V1Secret): Promise<void>;
  listPods(labelSelector: string): Promise<{ pods: V1Pod[]; resourceVersion: string }>;
  deletePod(name: string, graceS: number): Promise<void>;
  /** Changes of pods as they happen; resolves when the server ended the answer, and rejects when it broke off. */
  watchPods(
    given: { labelSelector: string; resourceVersion: string; signal: AbortSignal },
    onChange: (change: { kind: 'changed' | 'deleted'; pod: V1Pod }) => void,
  ): Promise<void>;
  /** What a container prints, from its start to its end. */
  openLog(pod: string, container: string, signal: AbortSignal): Promise<IncomingMessage>;
  /** The last warning about an object, in the cluster's words. */
  readWarning(name: string): Promise<string | null>;
  version(): Promise<string>;
  /** Whether Bosun may do it. */
  isAllowed(action: { verb: string; group: string; resource: string; subresource?: string }): Promise<boolean>;
  hasNetworkPolicy(): Promise<boolean>;
}

/** The client of the cluster that Bosun runs in, or that the usual settings of `kubectl` name. Nothing is asked yet. */
export function openCluster(namespace: string): Cluster {
  const config = new KubeConfig();
  config.loadFromDefault();
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw new Error('No Kubernetes cluster is configured: run Bosun in the cluster, or set KUBECONFIG to a file.');
  }
  const batch = config.makeApiClient(BatchV1Api);
  const core = config.makeApiClient(CoreV1Api);
  const watch = new Watch(config);

  return {
    server,
    namespace,
    createJob: (body) => batch.createNamespacedJob({ namespace, body }),
    readJob: (name) => batch.readNamespacedJob({ namespace, name }),
    listJobs: async (labelSelector) => (await batch.listNamespacedJob({ namespace, labelSelector })).items,
    async patchJob(name, spec) {
      const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
      await batch.patchNamespacedJob({ namespace, name, body: { spec } }, options);
    },
    async deleteJob(name) {
      await batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Background' });
    },
    async createSecret(body) {
      await core.createNamespacedSecret({ namespace, body });
    },
    async listPods(labelSelector) {
      const { items, metadata } = await core.listNamespacedPod({ namespace, labelSelector });
      return { pods: items, resourceVersion: metadata?.resourceVersion ?? '' };
    },
    async deletePod(name, gracePeriodSeconds) {
      await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds });
    },
    watchPods({ labelSelector, resourceVersion, signal }, onChange) {
      return new Promise((resolve, reject) => {
        watch
          .watch(
            `/api/v1/namespaces/${namespace}/pods`,
            { labelSelector, resourceVersion, allowWatchBookmarks: true },
            (phase, pod: V1Pod) => {
              if (phase === 'ADDED' || phase === 'MODIFIED' || phase === 'DELETED') {
                onChange({ kind: phase === 'DELETED' ? 'deleted' : 'changed', pod });
              }
            },
            (error: unknown) => (isProblem(error) && !signal.aborted ? reject(error as Error) : resolve()),
          )
          .then((controller) => {
            signal.addEventListener('abort', () => controller.abort(), { once: true });
            if (signal.aborted) {
              controller.abort();
            }
          }, reject);
      });
    },
    async openLog(pod, container, signal) {
      const query = new URLSearchParams({ container, follow: 'true' });
      const url = new URL(`/api/v1/namespaces/${namespace}/pods/${pod}/log?${query.toString()}`, server);
      const options: https.RequestOptions = { signal };
      await config.applyToHTTPSOptions(options);
      return new Promise((resolve, reject) => {
        // Not the client's own function: an error in the middle of its stream ends this process
        const asking = (url.protocol === 'https:' ? https : http).get(url, options, (answer) => {
          if (answer.statusCode === 200) {
            resolve(answer);
            return;
          }
          answer.resume();
          reject(Object.assign(new Error(`the log was not sent: ${answer.statusCode}`), { code: answer.statusCode }));
        });
        asking.on('error', reject);
      });
    },
    async readWarning(name) {
      const fieldSelector = `involvedObject.name=${name},type=Warning`;
      const { items } = await core.listNamespacedEvent({ namespace, fieldSelector });
      return items.at(-1)?.message ?? null;
    },
    version: async () => (await config.makeApiClient(VersionApi).getCode()).gitVersion,
    async isAllowed({ group, resource, subresource, verb }) {
      const review = await config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
        body: {
          spec: {
            resourceAttributes: {
              namespace,
              verb,
              group,
              resource,
              ...(subresource === undefined ? {} : { subresource }),
            },
          },
        },
      });
      return review.status?.allowed === true;
    },
    async hasNetworkPolicy() {
      const { items } = await config.makeApiClient(NetworkingV1Api).listNamespacedNetworkPolicy({ namespace });
      return items.some(({ spec }) => spec?.policyTypes?.includes('Egress') === true);
    },
  };
}

/** A watch that was silent for a while is ended by the client, and begun again. */
function isProblem(error: unknown): boolean {
  return error !== null && error !== undefined && (error as Error).name !== 'TimeoutError';
}
