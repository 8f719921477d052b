import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { startLocalRegistry } from './local-registry.ts';
import { makeZip } from './make-zip.ts';
import { makeTar } from './npm-packages.ts';
import { makeDirectory, registryAt } from './open-mirror.ts';
import { hasClient, openWorker } from './open-worker.ts';

const TIME = 120_000;

/** Skips a test whose client is not installed, and says so. */
function needs(command: string, skip: (sentence: string) => never): void {
  if (!hasClient(command)) {
    skip(`${command} is not installed on this machine`);
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('clients other than npm, each against a registry that speaks its protocol', () => {
  test('pip installs a wheel from the host of the files', { timeout: TIME }, async ({ skip }) => {
    needs('pip', skip);
    const [index, files] = [await startLocalRegistry(), await startLocalRegistry()];
    const wheel = makeZip({
      'left.py': 'NAME = "left"\n',
      'left-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: left\nVersion: 1.0\n',
      'left-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      'left-1.0.dist-info/RECORD': 'left.py,,\n',
    });
    files.files.set('/packages/a/left-1.0-py3-none-any.whl', wheel);
    const link = `${files.url}/packages/a/left-1.0-py3-none-any.whl#sha256=${sha256(wheel)}`;
    index.files.set('/simple/left/', (_request, response) => {
      const body = `<!DOCTYPE html><html><body><a href="${link}">left-1.0-py3-none-any.whl</a></body></html>`;
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': body.length }).end(body);
    });
    const worker = await openWorker([registryAt('pypi', index.url, { hosts: { files: files.url } })]);
    const installed = await worker.run('pip install --target here left==1.0');
    expect(installed).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(worker.repository, 'here/left.py'), 'utf8')).toContain('left');
  });

  test('go downloads a module of a listed prefix and no other', { timeout: TIME }, async ({ skip }) => {
    needs('go', skip);
    const module = 'github.com/Acme/left';
    const below = '/github.com/!acme/left/@v';
    const registry = await startLocalRegistry({
      [`${below}/list`]: 'v1.0.0\n',
      [`${below}/v1.0.0.info`]: JSON.stringify({ Version: 'v1.0.0', Time: '2024-01-01T00:00:00Z' }),
      [`${below}/v1.0.0.mod`]: `module ${module}\n`,
      [`${below}/v1.0.0.zip`]: makeZip({
        [`${module}@v1.0.0/go.mod`]: `module ${module}\n`,
        [`${module}@v1.0.0/left.go`]: 'package left\n',
      }),
    });
    const worker = await openWorker([registryAt('go', registry.url)], {
      'go.mod': `module example.com/app\n\ngo 1.19\n\nrequire ${module} v1.0.0\n`,
    });
    // There is no checksum database for modules that a test makes
    const got = await worker.run('GONOSUMDB=* GOFLAGS=-mod=mod go mod download -x && ls "$HOME/go/pkg/mod/github.com"');
    expect(got).toMatchObject({ code: 0, output: expect.stringContaining('!acme') });
    const refused = await worker.run('GONOSUMDB=* go list -m evil.example/x@v1.0.0');
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('evil.example/x is not among the packages');
    expect(registry.requests.some((request) => request.includes('evil'))).toBe(false);
  });

  test('cargo fetches a crate through the sparse index', { timeout: TIME }, async ({ skip }) => {
    needs('cargo', skip);
    const crate = gzipSync(
      makeTar({
        'left-1.0.0/Cargo.toml': '[package]\nname = "left"\nversion = "1.0.0"\nedition = "2021"\n',
        'left-1.0.0/src/lib.rs': '',
      }),
    );
    const line = { name: 'left', vers: '1.0.0', deps: [], cksum: sha256(crate), features: {}, yanked: false };
    const registry = await startLocalRegistry({
      '/le/ft/left': `${JSON.stringify(line)}\n`,
      '/api/v1/crates/left/1.0.0/download': crate,
    });
    const worker = await openWorker([registryAt('crates', registry.url)], {
      'Cargo.toml': '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nleft = "1"\n',
      'src/main.rs': 'fn main() {}\n',
    });
    const rustup = process.env['RUSTUP_HOME'] ?? path.join(process.env['HOME'] ?? '', '.rustup');
    const fetched = await worker.run(`RUSTUP_HOME='${rustup}' cargo fetch && cat Cargo.lock`);
    expect(fetched).toMatchObject({ code: 0 });
    expect(fetched.output).toContain('registry+https://github.com/rust-lang/crates.io-index');
    expect(registry.requests).toContain('GET /api/v1/crates/left/1.0.0/download');
  });

  test('bundler installs a gem through the compact index', { timeout: TIME }, async ({ skip }) => {
    needs('bundle', skip);
    const directory = await makeDirectory();
    writeFileSync(path.join(directory, 'left.rb'), '');
    writeFileSync(
      path.join(directory, 'left.gemspec'),
      "Gem::Specification.new { |s| s.name='left'; s.version='1.0.0'; s.summary='s'; s.authors=['a']; s.files=['left.rb'] }\n",
    );
    execFileSync('gem', ['build', 'left.gemspec'], { cwd: directory, stdio: 'ignore' });
    const gem = readFileSync(path.join(directory, 'left-1.0.0.gem'));
    const info = `---\n1.0.0 |checksum:${sha256(gem)}\n`;
    const registry = await startLocalRegistry({
      '/versions': `created_at: 2024-01-01T00:00:00Z\n---\nleft 1.0.0 ${createHash('md5').update(info).digest('hex')}\n`,
      '/info/left': info,
      '/gems/left-1.0.0.gem': gem,
    });
    const worker = await openWorker([registryAt('rubygems', registry.url)], {
      Gemfile: "source 'https://rubygems.org'\ngem 'left'\n",
    });
    const installed = await worker.run('BUNDLE_PATH=here bundle install');
    expect(installed).toMatchObject({ code: 0 });
    expect(registry.requests).toContain('GET /gems/left-1.0.0.gem');
  });

  test('composer installs a package from the archive in its metadata', { timeout: TIME }, async ({ skip }) => {
    needs('composer', skip);
    const registry = await startLocalRegistry();
    registry.files.set(
      '/dists/left.zip',
      makeZip({ 'left-1/composer.json': '{"name":"acme/left"}', 'left-1/left.php': '<?php\n' }),
    );
    const dist = { type: 'zip', url: `${registry.url}/dists/left.zip`, reference: 'a'.repeat(40) };
    registry.files.set('/p2/acme/left.json', {
      packages: { 'acme/left': [{ name: 'acme/left', version: '1.0.0', version_normalized: '1.0.0.0', dist }] },
    });
    const worker = await openWorker([registryAt('packagist', registry.url)], {
      'composer.json': JSON.stringify({ require: { 'acme/left': '1.0.0' } }),
    });
    const installed = await worker.run('COMPOSER_ALLOW_SUPERUSER=1 composer install --no-plugins');
    expect(installed).toMatchObject({ code: 0 });
    expect(registry.requests).toContain('GET /dists/left.zip');
  });
});
