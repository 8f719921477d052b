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

  test('an empty file is no mistake', () => {
    expect(parse('')).toEqual({ config: { registries: [] }, problems: [] });
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
    ['registries: [', 'line 1', 'YAML'],
  ])('%s', (text, found, expected) => {
    const [problem] = parse(text).problems;
    expect(problem?.found).toContain(found);
    expect(problem?.expected).toContain(expected);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });
});
