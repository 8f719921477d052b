import { ApiError, type Stored } from './object-store.ts';

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** The Pod Security Standard `restricted`, as far as it concerns pods of one's own making. */
export function checkPodSecurity(pod: Stored): void {
  const { spec } = pod;
  const problems: string[] = [];
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (spec[key] === true) {
      problems.push(`${key} is not allowed`);
    }
  }
  for (const volume of spec.volumes ?? []) {
    const [kind = ''] = Object.keys(volume as object).filter((key) => key !== 'name');
    if (!VOLUMES.includes(kind)) {
      problems.push(`volume type ${kind} is not allowed`);
    }
  }
  for (const container of [...(spec.initContainers ?? []), ...spec.containers] as Record<string, any>[]) {
    problems.push(
      ...problemsOf(container, spec.securityContext as object).map((what) => `${container['name']}: ${what}`),
    );
  }
  if (problems.length > 0) {
    throw new ApiError(403, 'Forbidden', `violates PodSecurity "restricted": ${problems.join('; ')}`);
  }
}

function problemsOf(container: Record<string, any>, ofPod: object): string[] {
  const own = container['securityContext'] ?? {};
  const all = { ...ofPod, ...own };
  const added = (own.capabilities?.add ?? []) as string[];
  const isAllowed = {
    allowPrivilegeEscalation: own.allowPrivilegeEscalation === false,
    capabilities: own.capabilities?.drop?.includes('ALL') === true && added.every((one) => one === 'NET_BIND_SERVICE'),
    privileged: own.privileged !== true,
    runAsNonRoot: all.runAsNonRoot === true && all.runAsUser !== 0,
    seccompProfile: ['RuntimeDefault', 'Localhost'].includes(all.seccompProfile?.type as string),
    hostPort: (container['ports'] ?? []).every(({ hostPort = 0 }) => hostPort === 0),
  };
  return Object.entries(isAllowed)
    .filter(([, allowed]) => !allowed)
    .map(([name]) => name);
}
