import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { missingForStart } from '../../app/config/app-settings.ts';
import { NEEDED_RIGHTS } from '../../app/compute/kubernetes/check-cluster.ts';
import { parseServerConfig } from '../../app/config/server-config.ts';
import { isKnownVariable, isSecretVariable, readDeploy } from './read-deploy.ts';

const directory = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));
const files = globSync('*.yaml', { cwd: directory }).toSorted();
const jobs = ['worker-namespace.yaml', 'door.yaml'].flatMap((file) => readAll(`kubernetes-jobs/${file}`));

/** Where the schema of each kind is in `kubernetes-models`, which is generated from the API's own definition. */
const SCHEMAS: Readonly<Record<string, string>> = {
  'v1 Namespace': 'IoK8sApiCoreV1Namespace',
  'v1 ConfigMap': 'IoK8sApiCoreV1ConfigMap',
  'v1 ServiceAccount': 'IoK8sApiCoreV1ServiceAccount',
  'v1 Service': 'IoK8sApiCoreV1Service',
  'apps/v1 Deployment': 'IoK8sApiAppsV1Deployment',
  'apps/v1 StatefulSet': 'IoK8sApiAppsV1StatefulSet',
  'policy/v1 PodDisruptionBudget': 'IoK8sApiPolicyV1PodDisruptionBudget',
  'networking.k8s.io/v1 NetworkPolicy': 'IoK8sApiNetworkingV1NetworkPolicy',
  'rbac.authorization.k8s.io/v1 Role': 'IoK8sApiRbacV1Role',
  'rbac.authorization.k8s.io/v1 RoleBinding': 'IoK8sApiRbacV1RoleBinding',
  'v1 ResourceQuota': 'IoK8sApiCoreV1ResourceQuota',
};

type Manifest = Record<string, any>;

function read(file: string): Manifest[] {
  return readAll(`kubernetes/${file}`);
}

function readAll(file: string): Manifest[] {
  return parseAllDocuments(readDeploy(file)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

const kustomization = read('kustomization.yaml')[0] ?? expect.unreachable();
const manifests = files.filter((file) => file !== 'kustomization.yaml').flatMap(read);
const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest['kind'] === kind);
const workloads = [...ofKind('Deployment'), ...ofKind('StatefulSet')];
const containers = workloads.flatMap((workload) => workload['spec'].template.spec.containers as Manifest[]);
const settings = ofKind('ConfigMap')[0]?.['data'] as Record<string, string>;

test('names every file in the kustomization', () => {
  expect((kustomization['resources'] as string[]).toSorted()).toEqual(
    files.filter((file) => file !== 'kustomization.yaml'),
  );
});

test.each(
  [...manifests, ...jobs].map((manifest) => [`${manifest['kind']} ${manifest['metadata'].name}`, manifest] as const),
)('%s keeps to the schema of Kubernetes', async (_, manifest) => {
  const name = SCHEMAS[`${manifest['apiVersion']} ${manifest['kind']}`] ?? expect.unreachable('no schema for it');
  const schema = (await import(`kubernetes-models/_schemas/${name}`)) as {
    validate: ((value: unknown) => boolean) & { errors?: unknown };
  };
  schema.validate(manifest);
  expect(schema.validate.errors ?? []).toEqual([]);
});

test('the schema would notice a mistake', async () => {
  const { validate } = (await import('kubernetes-models/_schemas/IoK8sApiAppsV1Deployment')) as any;
  const wrong = structuredClone(ofKind('Deployment')[0]) as Manifest;
  wrong['spec'].template.spec.containers[0].ports[0].containerPort = 'http';
  expect(validate(wrong)).toBe(false);
});

describe('each container', () => {
  test.each(containers.map((container) => [container['name'] as string, container] as const))(
    '%s runs its role without root, on a read-only file system, with nothing granted',
    (name, container) => {
      expect(container['securityContext']).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container['securityContext'].privileged).toBeUndefined();
      const env = Object.fromEntries((container['env'] as Manifest[]).map((entry) => [entry['name'], entry['value']]));
      expect(env['BOSUN_ROLES']).toBe(name);
      expect(container['ports'][0].containerPort).toBe(Number(env['PORT']));
      expect(
        [container['livenessProbe'], container['startupProbe'], container['readinessProbe']].map(
          (probe) => probe.httpGet,
        ),
      ).toEqual([
        { path: '/healthz', port: container['ports'][0].name },
        { path: '/healthz', port: container['ports'][0].name },
        { path: '/readyz', port: container['ports'][0].name },
      ]);
      expect(container['volumeMounts'].map((mount: Manifest) => mount['mountPath'])).toEqual([
        '/var/lib/bosun',
        '/tmp',
        '/run/secrets',
      ]);
    },
  );

  test('may have a loosened seccomp profile only where sandboxes are made', () => {
    const loose = containers.filter((container) => container['securityContext'].seccompProfile?.type === 'Unconfined');
    expect(loose.map((container) => container['name'])).toEqual(['orchestrator']);
  });
});

test('pods are nobody special and have two replicas, a budget and time to shut down', () => {
  for (const workload of workloads) {
    const { spec } = workload['spec'].template;
    expect(workload['spec'].replicas).toBe(2);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60);
    const budgets = ofKind('PodDisruptionBudget').map((budget) => budget['spec'].selector.matchLabels);
    expect(budgets).toContainEqual(workload['spec'].selector.matchLabels);
  }
});

test('orchestrator and door share their data directory, and the key of the model is with the door alone', () => {
  const [workers = expect.unreachable()] = ofKind('StatefulSet');
  const { spec } = workers['spec'].template as Manifest;
  const keysOf = (container: Manifest): string[] => {
    const mount = container['volumeMounts'].find(({ mountPath }: Manifest) => mountPath === '/run/secrets');
    const volume = spec.volumes.find(({ name }: Manifest) => name === mount.name);
    return volume.secret.items.map(({ path }: Manifest) => path);
  };
  const [orchestrator, door] = spec.containers;
  expect([orchestrator.volumeMounts[0], door.volumeMounts[0]]).toEqual([
    { name: 'data', mountPath: '/var/lib/bosun' },
    { name: 'data', mountPath: '/var/lib/bosun' },
  ]);
  expect(keysOf(orchestrator)).not.toContain('ANTHROPIC_API_KEY');
  expect(keysOf(door)).toContain('ANTHROPIC_API_KEY');
});

test('settings are settings of Bosun, and none is a secret', () => {
  const names = [
    ...Object.keys(settings),
    ...containers.flatMap((container) => container['env'].map(({ name }: Manifest) => name)),
  ];
  expect(names.filter((name) => !isKnownVariable(name) || isSecretVariable(name))).toEqual([]);
  expect(ofKind('Secret')).toEqual([]);
});

test.each(containers.map((container) => [container['name'] as string, container] as const))(
  'the settings of %s are ones that Bosun takes',
  (_, container) => {
    const { PRIVATE_KEY_PATH: _path, ...plain } = settings;
    const env = Object.fromEntries(container['env'].map((entry: Manifest) => [entry['name'], entry['value']]));
    const parsed = parseServerConfig({ ...plain, ...env, PRIVATE_KEY: 'x', WEBHOOK_SECRET: 'a-secret-of-some-length' });
    const problems = parsed.ok ? [] : parsed.problems.filter(({ name }) => name !== 'PRIVATE_KEY');
    expect(problems).toEqual([]);
  },
);

test('the network lets in deliveries and probes of metrics, and lets out what Bosun needs', () => {
  const policies = ofKind('NetworkPolicy');
  expect(policies.find((policy) => policy['metadata'].name === 'default-deny')?.['spec']).toEqual({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  });
  const egress = policies.find((policy) => policy['metadata'].name === 'egress')?.['spec'].egress as Manifest[];
  expect(egress.flatMap((rule) => rule['ports'].map(({ port }: Manifest) => port))).toEqual([53, 53, 5432, 443]);
  expect(egress.at(-1)?.['to'][0].ipBlock.except).toEqual(['169.254.0.0/16']);
});

test('Bosun may do in the namespace of workers what its code asks for, and no more', () => {
  const role = jobs.find(({ kind }) => kind === 'Role') ?? expect.unreachable();
  const granted = role['rules'].flatMap(({ apiGroups, resources, verbs }: Manifest) =>
    verbs.map((verb: string) => `${verb} ${apiGroups[0]}/${resources[0]}`),
  );
  const needed = NEEDED_RIGHTS.flatMap(({ group, resource, verbs, ...more }) =>
    verbs.map((verb) => `${verb} ${group}/${resource}${'subresource' in more ? `/${more.subresource}` : ''}`),
  );
  expect(new Set(granted)).toEqual(new Set(needed));
});

test('workers keep to the standard `restricted`, and connect to the port of the door alone', () => {
  const [namespace] = jobs.filter(({ kind }) => kind === 'Namespace');
  expect(namespace?.['metadata'].labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
  const policy = jobs.find(({ metadata }) => metadata.name === 'door-only')?.['spec'];
  expect(policy).toMatchObject({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  expect(policy.ingress).toBeUndefined();
  expect(policy.egress).toHaveLength(1);
  expect(policy.egress[0].ports).toEqual([{ port: 8443, protocol: 'TCP' }]);
  const door = jobs.find(({ metadata }) => metadata.name === 'door-from-workers')?.['spec'];
  expect(door.ingress[0].ports).toEqual([{ port: 8443, protocol: 'TCP' }]);
});

test('with workers as Jobs each pair has its settings and a door of its own', () => {
  const [patch = expect.unreachable()] = readAll('kubernetes-jobs/patch-workers.yaml');
  const config = jobs.find(({ metadata }) => metadata.name === 'bosun-config')?.['data']['bosun.yml'] as string;
  for (const container of patch['spec'].template.spec.containers as Manifest[]) {
    const given = (container['env'] as Manifest[]).filter(({ value }) => value !== undefined);
    expect(given.map(({ name }) => name).filter((name) => !isKnownVariable(name))).toEqual([]);
    const env = Object.fromEntries(
      given.map(({ name, value }) => [name, value.replace('$(POD_NAME)', 'bosun-workers-0')]),
    );
    const parsed = parseServerConfig({ ...env, BOSUN_ROLES: container['name'] }, { readFile: () => config });
    expect(parsed.ok ? missingForStart(parsed.config).filter(({ name }) => name.startsWith('BOSUN')) : parsed).toEqual(
      [],
    );
  }
  const [workers] = ofKind('StatefulSet');
  const doors = jobs.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
  expect(doors).toEqual(Array.from({ length: workers?.['spec'].replicas }, (_, at) => `bosun-workers-${at}`));
});
