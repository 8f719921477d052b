import { describe, expect, test } from 'vitest';
import { parsePackagePath } from '../../../app/door/packages/parse-path.ts';
import { createRegistryTable } from '../../../app/door/packages/registry-table.ts';
import { resolveResource } from '../../../app/door/packages/resolve-resource.ts';
import { DOOR_PATHS, PACKAGE_TYPES } from '../../../protocol/index.ts';
import { registryAt } from './open-mirror.ts';

const table = createRegistryTable({
  builtIn: PACKAGE_TYPES,
  registries: [registryAt('npm', 'https://npm.acme.example', { name: 'acme', names: ['@acme/*', 'acme-only'] })],
});

/** Where a path leads, or the code of the refusal. */
function lead(target: string, accept = '*/*'): string {
  const parsed = parsePackagePath(target.startsWith('/') ? target : `${DOOR_PATHS.packages}/${target}`);
  const resolved = parsed.ok ? resolveResource(parsed.value, table, accept) : parsed;
  return resolved.ok ? resolved.value.url.href : resolved.refusal.code;
}

describe('paths that clients ask for lead to the registry', () => {
  test.each([
    ['npm/left', 'https://registry.npmjs.org/left'],
    ['npm/@babel%2fcore', 'https://registry.npmjs.org/@babel%2fcore'],
    ['npm/@babel%2Fcore', 'https://registry.npmjs.org/@babel%2fcore'],
    ['npm/%40babel%2fcore', 'https://registry.npmjs.org/@babel%2fcore'],
    ['npm/@babel/core/-/core-7.0.0.tgz', 'https://registry.npmjs.org/@babel/core/-/core-7.0.0.tgz'],
    ['npm/left/1.0.0', 'https://registry.npmjs.org/left/1.0.0'],
    ['npm/@acme%2ftools', 'https://npm.acme.example/@acme%2ftools'],
    ['npm/acme-only', 'https://npm.acme.example/acme-only'],
    ['acme/@acme/tools/-/tools-1.0.0.tgz', 'https://npm.acme.example/@acme/tools/-/tools-1.0.0.tgz'],
    ['acme/download/@acme/tools/1.0.0/0a1b', 'https://npm.acme.example/download/@acme/tools/1.0.0/0a1b'],
    ['pypi/simple/requests/', 'https://pypi.org/simple/requests/'],
    ['pypi/simple/requests', 'https://pypi.org/simple/requests/'],
    ['pypi/pypi/requests/2.0.0/json', 'https://pypi.org/pypi/requests/2.0.0/json'],
    [
      'pypi/+files/packages/a/b/x-1.0-py3-none-any.whl',
      'https://files.pythonhosted.org/packages/a/b/x-1.0-py3-none-any.whl',
    ],
    ['pypi/+files/packages/a/x-1.whl.metadata', 'https://files.pythonhosted.org/packages/a/x-1.whl.metadata'],
    ['crates/se/rd/serde', 'https://index.crates.io/se/rd/serde'],
    ['crates/3/l/log', 'https://index.crates.io/3/l/log'],
    ['crates/+dl/serde/1.0.0/download', 'https://static.crates.io/crates/serde/1.0.0/download'],
    [
      'go/github.com/!burnt!sushi/toml/@v/v1.2.0.mod',
      'https://proxy.golang.org/github.com/!burnt!sushi/toml/@v/v1.2.0.mod',
    ],
    ['go/golang.org/x/text/@latest', 'https://proxy.golang.org/golang.org/x/text/@latest'],
    [
      'go/sumdb/sum.golang.org/lookup/golang.org/x/text@v0.3.0',
      'https://sum.golang.org/lookup/golang.org/x/text@v0.3.0',
    ],
    ['go/sumdb/sum.golang.org/tile/8/1/x001/234.p/5', 'https://sum.golang.org/tile/8/1/x001/234.p/5'],
    [
      'maven/org/slf4j/slf4j-api/2.0.0/slf4j-api-2.0.0.jar.sha1',
      'https://repo.maven.apache.org/maven2/org/slf4j/slf4j-api/2.0.0/slf4j-api-2.0.0.jar.sha1',
    ],
    ['maven/+plugins/com/acme/p/1/p-1.pom', 'https://plugins.gradle.org/m2/com/acme/p/1/p-1.pom'],
    ['maven/+distributions/gradle-8.5-bin.zip', 'https://services.gradle.org/distributions/gradle-8.5-bin.zip'],
    ['rubygems/versions', 'https://rubygems.org/versions'],
    ['rubygems/info/rack', 'https://rubygems.org/info/rack'],
    ['rubygems/gems/rack-3.0.0.gem', 'https://rubygems.org/gems/rack-3.0.0.gem'],
    [
      'rubygems/quick/Marshal.4.8/rack-3.0.0.gemspec.rz',
      'https://rubygems.org/quick/Marshal.4.8/rack-3.0.0.gemspec.rz',
    ],
    ['nuget/v3/index.json', 'https://api.nuget.org/v3/index.json'],
    ['nuget/v3-flatcontainer/a/1.0.0/a.1.0.0.nupkg', 'https://api.nuget.org/v3-flatcontainer/a/1.0.0/a.1.0.0.nupkg'],
    ['packagist/p2/monolog/monolog~dev.json', 'https://repo.packagist.org/p2/monolog/monolog~dev.json'],
    ['packagist/+github/Seldaek/monolog/zipball/0a1b', 'https://codeload.github.com/Seldaek/monolog/legacy.zip/0a1b'],
    ['debian/debian/dists/trixie/InRelease', 'https://deb.debian.org/debian/dists/trixie/InRelease'],
    [
      'debian/debian/pool/main/g/g++/g++_1%3a2.3_amd64.deb',
      'https://deb.debian.org/debian/pool/main/g/g++/g++_1:2.3_amd64.deb',
    ],
  ])('%s', (target, url) => {
    expect(lead(target)).toBe(url);
  });
});

describe('everything else is refused', () => {
  test.each([
    'npm/-/v1/search',
    'npm/-/npm/v1/security/advisories/bulk',
    'npm/-/user/org.couchdb.user:me',
    'npm/-/package/left/dist-tags',
    'npm/left?write=true',
    'npm/left/-/left-1.0.0.tgz?next=https://evil.example',
    'npm/left/-/x.sh',
    'npm/..%2f..%2fetc',
    'npm/%2e%2e/%2e%2e/secret',
    'npm/../../model/v1/messages',
    'npm/left/../right',
    'npm/./left',
    'npm//left',
    'npm/@babel%252fcore',
    'npm/@a%2fb%2fc',
    'npm/a%2fb',
    'npm/left%00',
    'npm/left%0d%0aHost:%20evil.example',
    'npm/left%5c..%5cright',
    'npm/left\\right',
    'npm/left%20right',
    'npm/%c3%a9',
    'npm/%zz',
    'npm/http:/evil.example/x',
    'npm/https:%2f%2fevil.example%2fx',
    'npm/@evil.example/',
    'npm/',
    'npm',
    'NPM/left',
    'npm@evil.example/left',
    'unknown/left',
    'pypi/simple/',
    'pypi/search',
    'pypi/+other/x.whl',
    'pypi/+files/../x.whl',
    'crates/api/v1/crates/new',
    'crates/aa/bb/serde',
    'crates/me',
    'go/evil.example/x/@v/v1.0.0.info',
    'go/sumdb/evil.example/latest',
    'go/sumdb/sum.golang.org/lookup/evil.example/x@v1.0.0',
    'go/github.com/a/b/@v/v1.0.0.exe',
    'maven/org/slf4j/',
    'maven/org',
    'rubygems/api/v1/gems',
    'rubygems/gems/rack',
    'nuget/api/v2/package',
    'nuget/query',
    'packagist/downloads/',
    'packagist/+github/a/b/contents/secret',
    'debian/debian/pool/',
    'debian/etc/passwd',
    `npm/${'a'.repeat(3_000)}`,
    '/door/v1/packages/../git/x',
    'http://evil.example/door/v1/packages/npm/left',
    '//evil.example/door/v1/packages/npm/left',
  ])('%s', (target) => {
    const refused = parsePackagePath(target).ok ? lead(target) : lead(target);
    expect(['PACKAGE_NOT_ALLOWED', 'NOT_FOUND']).toContain(refused);
  });

  test('what a scope of a private registry names never comes from the public one', () => {
    expect(lead('npm/@ACME%2ftools')).toBe('https://npm.acme.example/@ACME%2ftools');
  });

  test('a parent of allowed Go modules does not exist, so that go asks on', () => {
    expect([lead('go/golang.org/@v/list'), lead('go/golang.org/x/@v/list')]).toEqual([
      'NOT_FOUND',
      'https://proxy.golang.org/golang.org/x/@v/list',
    ]);
  });
});
