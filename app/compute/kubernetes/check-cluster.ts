import { explainCluster } from './cluster-errors.ts';
import type { Cluster } from './open-cluster.ts';

export type ClusterCheck =
  | { readonly ok: true; readonly version: string; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

/** What Bosun has to be allowed in the namespace of workers. `deploy/kubernetes` grants it. */
export const NEEDED_RIGHTS = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'list', 'patch', 'delete'] },
  { group: '', resource: 'secrets', verbs: ['create'] },
  { group: '', resource: 'pods', verbs: ['list', 'watch', 'delete'] },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
  { group: '', resource: 'events', verbs: ['list'] },
  { group: 'networking.k8s.io', resource: 'networkpolicies', verbs: ['list'] },
] as const;

/** Whether the cluster answers, and lets Bosun do what it does. */
export async function checkCluster(cluster: Cluster): Promise<ClusterCheck> {
  try {
    const version = await cluster.version();
    const missing = await findMissingRights(cluster);
    if (missing.length > 0) {
      return {
        ok: false,
        reason: `Bosun may not ${missing.join(', ')} in the namespace ${cluster.namespace}`,
        remedy: 'Grant it, as deploy/kubernetes-jobs/worker-namespace.yaml does.',
      };
    }
    const warnings = (await cluster.hasNetworkPolicy())
      ? []
      : [
          `no network policy of the namespace ${cluster.namespace} restricts where workers connect to; apply deploy/kubernetes-jobs/worker-namespace.yaml`,
        ];
    return { ok: true, version, warnings };
  } catch (error) {
    const { reason, remedy } = explainCluster(error, cluster);
    return { ok: false, reason, remedy };
  }
}

async function findMissingRights(cluster: Cluster): Promise<string[]> {
  const actions = NEEDED_RIGHTS.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ ...right, verb })));
  const answers = await Promise.all(
    actions.map(async (action) => ({ action, allowed: await cluster.isAllowed(action) })),
  );
  return answers
    .filter(({ allowed }) => !allowed)
    .map(({ action }) => `${action.verb} ${action.resource}${'subresource' in action ? `/${action.subresource}` : ''}`);
}
