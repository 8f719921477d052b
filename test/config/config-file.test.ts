import { describe, expect, test } from 'vitest';
import { parseConfigFile } from '../../app/config/config-file.ts';

const ENV = { ACME_TOKEN: 'hunter2-secret', ACME_LOGIN: 'me:hunter2-secret', EMPTY: '' };

function parse(text: string) {
  return parseConfigFile({ file: '/etc/bosun/bosun.yml', text }, ENV);
}

describe('the file of BOSUN_CONFIG', () => {
  test('moves a built-in registry and adds private ones, with credentials from the environment', () => {
    const { config, problems } = parse(`registries:
  pypi:
    url: https://pypi.acme.example/simple/
    basic: ACME_LOGIN
  acme:
    type: npm
    url: https://npm.acme.example/
    names: ["@acme/*"]
    token: ACME_TOKEN
  go:
    only: [github.com/, acme.example/]
`);
    expect(problems).toEqual([]);
    expect(config.registries.map(({ name, url, authorization }) => [name, url, authorization])).toEqual([
      ['pypi', 'https://pypi.acme.example', `Basic ${Buffer.from(ENV.ACME_LOGIN).toString('base64')}`],
      ['acme', 'https://npm.acme.example', 'Bearer hunter2-secret'],
      ['go', null, null],
    ]);
  });

  test('adds model providers with their keys and prices', () => {
    const { config, problems } = parse(`providers:
  openai:
    dialect: openai
    url: https://api.openai.com/v1
    key: ACME_TOKEN
    models:
      gpt-5.2-codex: {input: 1.75, output: 14, cache_read: 0.175, cache_write_5m: 1.75, context_tokens: 400000}
  azure:
    dialect: openai
    url: https://acme.openai.azure.com/openai/v1/
    key: ACME_TOKEN
    auth: api-key
    models: {my-deployment: {input: 2, output: 8}}
  local:
    dialect: openai
    url: http://127.0.0.1:11434
    models: [qwen3-coder]
`);
    expect(problems).toEqual([]);
    expect(
      config.providers.map(({ id, baseUrl, apiKey, authStyle, prices }) => [
        id,
        baseUrl,
        apiKey,
        authStyle,
        [...prices.keys()],
      ]),
    ).toEqual([
      ['openai', 'https://api.openai.com', 'hunter2-secret', 'bearer', ['gpt-5.2-codex']],
      ['azure', 'https://acme.openai.azure.com/openai', 'hunter2-secret', 'api-key', ['my-deployment']],
      ['local', 'http://127.0.0.1:11434', '', 'bearer', ['qwen3-coder']],
    ]);
    expect(config.providers[0]?.prices.get('gpt-5.2-codex')).toMatchObject({
      input: 1_750,
      output: 14_000,
      cacheRead: 175,
    });
    expect(config.providers[2]?.prices.get('qwen3-coder')).toMatchObject({ input: 0, output: 0 });
  });

  test.each([
    ['service: bedrock, region: eu-central-1', 'https://bedrock-runtime.eu-central-1.amazonaws.com'],
    ['service: bedrock, region: cn-north-1', 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    ['service: bedrock, region: eu-central-1, url: https://vpce-1.example', 'https://vpce-1.example'],
    ['service: vertex, project: acme-1, region: europe-west1', 'https://europe-west1-aiplatform.googleapis.com'],
    ['service: vertex, project: acme-1, region: global', 'https://aiplatform.googleapis.com'],
    ['service: vertex, project: acme-1, region: eu', 'https://aiplatform.eu.rep.googleapis.com'],
  ])('a cloud is found by its region: %s', (entry, baseUrl) => {
    const { config, problems } = parse(
      `providers:\n  cloud: {dialect: anthropic, ${entry}, models: {m: {input: 1, output: 1}}}`,
    );
    expect(problems).toEqual([]);
    expect(config.providers).toMatchObject([{ baseUrl, apiKey: '', service: { region: expect.any(String) } }]);
  });

  test.each([
    ['dialect: anthropic, service: bedrock', '`region`, because service is bedrock'],
    ['dialect: anthropic, service: vertex, region: eu', '`project`, because service is vertex'],
    ['dialect: anthropic, service: bedrock, region: x, project: y', 'no `project` here'],
    ['dialect: anthropic, service: bedrock, region: x, key: ACME_TOKEN', 'signed with the credentials'],
    ['dialect: openai, service: bedrock, region: x', 'anthropic, because service is bedrock'],
    ['dialect: anthropic, service: azure', 'one of bedrock, vertex'],
    ['dialect: anthropic, service: bedrock, region: "https://x"', 'a name such as'],
    ['dialect: anthropic, key: ACME_TOKEN', '`url`, the address of the provider, or `service`'],
    ['dialect: anthropic, key: ACME_TOKEN, url: "https://a.example", region: x', 'no `region` here'],
  ])('a mistake in the entry of a cloud: %s', (entry, expected) => {
    const { problems } = parse(`providers:\n  cloud: {${entry}, models: {m: {input: 1, output: 1}}}`);
    expect(problems[0]?.expected).toContain(expected);
  });

  test('an empty file is no mistake', () => {
    expect(parse('')).toEqual({
      config: {
        registries: [],
        tiers: {},
        providers: [],
        containers: { runtime: null, cpus: null, images: {} },
        kubernetes: { namespace: 'bosun-workers', program: null, cpus: null, runtimeClass: null },
      },
      problems: [],
    });
  });

  test.each([
    ['registrys:\n  a: {}', 'line 1, key registrys', 'did you mean `registries`'],
    [
      'registries:\n  acme:\n    type: npn\n    url: https://a.example',
      'line 3, key registries.acme.type',
      'one of npm',
    ],
    ['registries:\n  acme:\n    url: https://a.example', 'line 2, key registries.acme', '`type`'],
    ['registries:\n  acme:\n    type: npm', 'line 2, key registries.acme', '`url`'],
    ['registries:\n  npm:\n    url: ftp://a.example', 'line 3, key registries.npm.url', 'a URL that begins with'],
    ['registries:\n  npm:\n    url: https://me:pw@a.example', 'line 3, key registries.npm.url', 'a URL'],
    ['registries:\n  npm:\n    tokn: X', 'line 3, key registries.npm.tokn', 'did you mean `token`'],
    ['registries:\n  npm:\n    token: MISSING', 'line 3, key registries.npm.token', 'holds a token'],
    ['registries:\n  npm:\n    basic: ACME_TOKEN', 'line 3, key registries.npm.basic', 'a colon'],
    ['registries:\n  npm:\n    type: pypi', 'line 3, key registries.npm.type', '`npm`'],
    ['images:\n  python: -v', 'line 2, key images.python', 'the name of an image'],
    ['images:\n  Python: python', 'line 2, key images.Python', 'a name of lower-case letters'],
    ['docker:\n  runtim: runsc', 'line 2, key docker.runtim', 'did you mean `runtime`'],
    ['docker:\n  cpus: 0', 'line 2, key docker.cpus', 'at least 0.1'],
    ['registries: [', 'line 1', 'YAML'],
    ['providers:\n  a:\n    dialect: gemini', 'line 3, key providers.a.dialect', 'one of anthropic, openai'],
    [
      'providers:\n  a:\n    dialect: openai\n    url: https://a.example\n    models: {m: {input: 1, output: 1}}',
      'line 2, key providers.a',
      '`key`',
    ],
    [
      'providers:\n  a:\n    dialect: openai\n    url: https://a.example\n    key: MISSING\n    models: {m: {input: 1, output: 1}}',
      'MISSING, which is not set',
      'a variable that holds a key',
    ],
    [
      'providers:\n  a:\n    dialect: openai\n    url: https://a.example\n    key: ACME_TOKEN\n    models: [m]',
      'line 6, key providers.a.models',
      'a model without a price cannot be used',
    ],
    [
      'providers:\n  a:\n    dialect: openai\n    url: https://a.example\n    key: ACME_TOKEN\n    models: {m: {input: 1}}',
      'line 6, key providers.a.models',
      'prices in USD',
    ],
  ])('%s', (text, found, expected) => {
    const [problem] = parse(text).problems;
    expect(problem?.found).toContain(found);
    expect(problem?.expected).toContain(expected);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });
});
