import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { pointFiles } from '../../worker/packages/point-files.ts';
import { renameDistributions } from '../../worker/packages/gradle-distributions.ts';
import { makeDirectory } from '../door/packages/open-mirror.ts';

const baseUrl = 'http://127.0.0.1:4100/door/v1/packages';
const registries = [
  { name: 'npm', type: 'npm' as const, names: [] },
  { name: 'pypi', type: 'pypi' as const, names: [] },
  { name: 'packagist', type: 'packagist' as const, names: [] },
  { name: 'maven', type: 'maven' as const, names: [] },
  { name: 'acme', type: 'npm' as const, names: ['@acme/*'], url: 'https://npm.acme.example' },
];

test.each([
  ['yarn.lock', 'https://registry.yarnpkg.com/a/-/a-1.tgz#0a', `${baseUrl}/npm/a/-/a-1.tgz#0a`],
  ['package-lock.json', 'https://npm.acme.example/@acme/a', `${baseUrl}/acme/@acme/a`],
  [
    'bun.lock',
    '"ms": ["ms@2.1.3", "", {}, "sha512-6F"], "@types/ms": ["@types/ms@2.1.0", "", {}, "sha512-Gs"], "b": ["b@workspace:b"]',
    `"ms": ["ms@2.1.3", "${baseUrl}/npm/ms/-/ms-2.1.3.tgz", {}, "sha512-6F"], ` +
      `"@types/ms": ["@types/ms@2.1.0", "${baseUrl}/npm/@types/ms/-/ms-2.1.0.tgz", {}, "sha512-Gs"], "b": ["b@workspace:b"]`,
  ],
  ['.npmrc', '@acme:registry=https://npm.acme.example/', `@acme:registry=${baseUrl}/acme/`],
  ['uv.lock', 'https://files.pythonhosted.org/packages/a.whl', `${baseUrl}/pypi/+files/packages/a.whl`],
  ['composer.lock', 'https://api.github.com/repos/a/b/zipball/0', `${baseUrl}/packagist/+github/a/b/zipball/0`],
  [
    'gradle/wrapper/gradle-wrapper.properties',
    'https\\://services.gradle.org/distributions/gradle-8-bin.zip',
    `${baseUrl.replaceAll(':', '\\:')}/maven/+distributions/gradle-8-bin.zip`,
  ],
])('%s names the mirror during set-up and is as it was afterwards', async (name, theirs, mirror) => {
  const repository = await makeDirectory();
  const file = path.join(repository, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, theirs);
  const pointed = await pointFiles(repository, { baseUrl, registries });
  expect(pointed.changed).toEqual([name]);
  expect(await readFile(file, 'utf8')).toBe(mirror);
  await pointed.restore();
  expect(await readFile(file, 'utf8')).toBe(theirs);
});

test('a lock file that set-up wrote names the registry, not the mirror', async () => {
  const repository = await makeDirectory();
  const pointed = await pointFiles(repository, { baseUrl, registries });
  await writeFile(path.join(repository, 'package-lock.json'), `"resolved": "${baseUrl}/npm/a/-/a-1.tgz"`);
  await pointed.restore();
  expect(await readFile(path.join(repository, 'package-lock.json'), 'utf8')).toBe(
    '"resolved": "https://registry.npmjs.org/a/-/a-1.tgz"',
  );
});

test('a lock file that bun wrote names no archive of the mirror', async () => {
  const repository = await makeDirectory();
  const pointed = await pointFiles(repository, { baseUrl, registries });
  await writeFile(path.join(repository, 'bun.lock'), `"ms": ["ms@2.1.3", "${baseUrl}/npm/ms/-/ms-2.1.3.tgz", {}, "s"]`);
  await pointed.restore();
  expect(await readFile(path.join(repository, 'bun.lock'), 'utf8')).toBe('"ms": ["ms@2.1.3", "", {}, "s"]');
});

test('a Gradle distribution that set-up fetched is found by its own address', async () => {
  const repository = await makeDirectory();
  const home = await makeDirectory();
  const dists = path.join(home, '.gradle/wrapper/dists/gradle-8.5-bin');
  const file = path.join(repository, 'gradle-wrapper.properties');
  await writeFile(file, 'distributionUrl=https\\://services.gradle.org/distributions/gradle-8.5-bin.zip\n');
  // The directories that the wrapper of Gradle 8.5 makes for these two addresses
  await mkdir(path.join(dists, 'cedqxbh71b9oi0ma85s3xkoou'), { recursive: true });
  await renameDistributions({ home, files: [file], mirror: `${baseUrl}/maven/+distributions/` });
  expect(await readdir(dists)).toEqual(['5t9huq95ubn472n8rpzujfbqh']);
});
