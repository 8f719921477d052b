import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from '@cdktf/hcl2json';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseServerConfig } from '../../app/config/server-config.ts';
import { ECS_CONTAINERS } from './ecs-container-schema.ts';
import { isKnownVariable, isSecretVariable, readDeploy } from './read-deploy.ts';

type Block = Record<string, any>;

const directory = fileURLToPath(new URL('../../deploy/ecs', import.meta.url));
const web = JSON.parse(readDeploy('ecs/containers/web.json')) as Block[];
const workers = JSON.parse(readDeploy('ecs/containers/workers.json')) as Block[];
const containers = [...web, ...workers];

describe('container definitions', () => {
  test('keep to what ECS takes', () => {
    const validate = new Ajv({ strict: false }).compile(ECS_CONTAINERS);
    for (const definitions of [web, workers]) {
      validate(definitions);
      expect(validate.errors).toBeNull();
    }
    expect(validate([{ ...web[0], readOnlyRootFilesystem: true }])).toBe(false);
  });

  test('have one web, and a pair of orchestrator and door on one data directory', () => {
    expect([web, workers].map((all) => all.map(({ name }) => name))).toEqual([['web'], ['orchestrator', 'door']]);
    const mounts = workers.map(({ mountPoints }) => mountPoints[0]);
    expect(mounts[0]).toEqual(mounts[1]);
  });

  test.each(containers.map((container) => [container['name'] as string, container] as const))(
    '%s runs its role without root, on a read-only file system, with secrets by reference',
    (name, container) => {
      expect(container).toMatchObject({
        user: '10001:10001',
        readonlyRootFilesystem: true,
        linuxParameters: { capabilities: { drop: ['ALL'] } },
        stopTimeout: 60,
        healthCheck: { command: ['CMD', 'node', '/usr/local/bin/healthcheck.mjs'] },
      });
      const environment = Object.fromEntries(
        container['environment'].map((entry: Block) => [entry['name'], entry['value']]),
      );
      expect(environment['BOSUN_ROLES']).toBe(name);
      expect(container['portMappings'][0].containerPort).toBe(Number(environment['PORT']));
      expect(Object.keys(environment).filter((each) => !isKnownVariable(each) || isSecretVariable(each))).toEqual([]);
      const secrets = container['secrets'] as Block[];
      expect(secrets.filter((secret) => !isKnownVariable(secret['name']) || !isSecretVariable(secret['name']))).toEqual(
        [],
      );
      expect(secrets.every(({ name: key, valueFrom }) => valueFrom === `\${secret_arn}:${key}::`)).toBe(true);
      expect(secrets.some((secret) => secret['name'] === 'ANTHROPIC_API_KEY')).toBe(name === 'door');
      const filled = Object.fromEntries(
        Object.entries(environment as Record<string, string>).map(([key, value]) => [
          key,
          value.replace(/\$\{(\w+)\}/, FILL),
        ]),
      );
      const parsed = parseServerConfig({ ...filled, PRIVATE_KEY: 'x', WEBHOOK_SECRET: 'a-secret-of-some-length' });
      expect(parsed.ok ? [] : parsed.problems.filter((problem) => problem.name !== 'PRIVATE_KEY')).toEqual([]);
    },
  );
});

const FILLED: Readonly<Record<string, string>> = {
  app_id: '123456',
  url: 'https://bosun.example.com',
  queue_url: 'https://sqs.eu-central-1.amazonaws.com/123456789012/bosun',
};
function FILL(_match: string, name: string): string {
  return FILLED[name] ?? 'a-name';
}

describe('the Terraform example', () => {
  const files = globSync('*.tf', { cwd: directory });
  const blocks: Block = {};
  const texts = files.map((file) => readDeploy(`ecs/${file}`));

  beforeAll(async () => {
    for (const file of files) {
      const parsed = (await parse(file, readDeploy(`ecs/${file}`))) as Block;
      for (const [kind, named] of Object.entries(parsed)) {
        for (const [type, body] of Object.entries(named as Block)) {
          blocks[kind] ??= {};
          blocks[kind][type] = Array.isArray(body) ? body : { ...blocks[kind][type], ...body };
        }
      }
    }
  });

  test('is HCL with a queue, its dead letters, a database, a bucket and two services', () => {
    const { resource } = blocks;
    expect(Object.keys(resource['aws_sqs_queue'])).toEqual(['dead', 'wake']);
    expect(resource['aws_sqs_queue'].wake[0].redrive_policy).toContain('maxReceiveCount     = 5');
    expect(resource['aws_sqs_queue'].wake[0].receive_wait_time_seconds).toBe(20);
    expect(Object.keys(resource)).toEqual(
      expect.arrayContaining(['aws_db_instance', 'aws_s3_bucket', 'aws_lb_listener_rule']),
    );
    for (const name of ['web', 'workers']) {
      expect(resource['aws_ecs_service'][name][0].desired_count).toBe(2);
      expect(resource['aws_ecs_task_definition'][name][0].container_definitions).toContain(`containers/${name}.json`);
    }
  });

  test('asks the ports and paths that the code has', () => {
    const { resource } = blocks;
    expect(resource['aws_lb_target_group'].web[0]).toMatchObject({ port: 3000, health_check: [{ path: '/readyz' }] });
    expect(resource['aws_lb_listener_rule'].deliveries[0].condition[0].path_pattern[0].values).toEqual([
      '/api/github/webhooks',
    ]);
    expect(resource['aws_ecs_service'].web[0].load_balancer[0]).toMatchObject({
      container_name: 'web',
      container_port: 3000,
    });
  });

  test('refers only to what it declares', () => {
    const all = texts.join('\n');
    const declared = new Set(
      [...all.matchAll(/^(resource|data) "(\w+)" "(\w+)"/gm)].map(([, kind, type, name]) =>
        kind === 'data' ? `data.${type}.${name}` : `${type}.${name}`,
      ),
    );
    const used = [...all.matchAll(/\b((?:data\.)?aws_\w+)\.(\w+)\.\w+/g)].map(([, type, name]) => `${type}.${name}`);
    expect(used.filter((reference) => !declared.has(reference))).toEqual([]);
    const variables = new Set(Object.keys(blocks['variable']));
    const asked = [...all.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name ?? '');
    expect([...new Set(asked)].toSorted()).toEqual([...variables].toSorted());
  });

  test('fills every placeholder of the container definitions', () => {
    const asked = [...JSON.stringify(containers).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? '');
    expect([...new Set(asked)].toSorted()).toEqual(Object.keys(blocks['locals'][0].containers).toSorted());
  });

  test('grants the rights that Bosun asks for, and no more', () => {
    const [, actions] = /actions = \[([^\]]*"sqs:[^\]]*)\]/.exec(texts.join('\n')) ?? [];
    expect([...(actions ?? '').matchAll(/"([^"]+)"/g)].map(([, action]) => action)).toEqual([
      'sqs:SendMessage',
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
    ]);
  });
});
