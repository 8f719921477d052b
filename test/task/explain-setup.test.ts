import { expect, test } from 'vitest';
import { explainSetup, lastLines } from '../../app/task/environment/explain-setup.ts';

const NOTHING = { exitCode: 1, timedOut: false, output: '', sessionOutput: '', outOfMemory: false };

test.each<[string, Partial<typeof NOTHING>, RegExp | null]>([
  [
    'a command that is not there',
    { exitCode: 127, output: 'sh: 1: gradle: not found' },
    /command not found.*BOSUN_WORKER_PATHS/,
  ],
  ['a file that may not be run', { exitCode: 126, output: './setup.sh: Permission denied' }, /could not be run/],
  [
    'a git dependency of npm',
    {
      output:
        'npm error code 128\nnpm error command git --no-replace-objects ls-remote ssh://git@github.com/acme/lib.git\nnpm error ssh: Could not resolve hostname github.com',
    },
    /comes from a git address/,
  ],
  [
    'an archive of GitHub',
    { output: 'npm error request to https://codeload.github.com/a/b/tar.gz/1 failed, reason: getaddrinfo EAI_AGAIN' },
    /comes from a git address/,
  ],
  [
    'a credential that yarn misses',
    { output: 'Usage Error: Environment variable not found (NPM_TOKEN) in /work/.yarnrc.yml' },
    /names an environment variable/,
  ],
  ['node-gyp without make', { output: 'gyp ERR! stack Error: not found: make' }, /build tool is missing/],
  [
    'node-gyp without headers',
    {
      output:
        'gyp http GET https://nodejs.org/download/release/v24.0.0/node-v24.0.0-headers.tar.gz\ngyp ERR! getaddrinfo EAI_AGAIN nodejs.org',
    },
    /headers of Node\.js/,
  ],
  ['a browser', { output: 'ERROR: Failed to set up chrome v138.0.7204.49!' }, /download a browser/],
  [
    'pnpm and an old Node.js',
    { exitCode: 1, output: 'ERROR: This version of pnpm requires at least Node.js v22.13' },
    /another version of a tool/,
  ],
  ['npm without network', { output: 'npm error code EAI_AGAIN' }, /no network outside the package mirrors/],
  [
    'pip without network',
    { output: "Failed to resolve 'files.example' [Errno -3] Temporary failure in name resolution" },
    /no network/,
  ],
  ['curl', { exitCode: 6, output: 'curl: (6) Could not resolve host: example.com' }, /no network/],
  ['Go', { output: 'dial tcp: lookup example.com: no such host' }, /no network/],
  ['Maven', { output: 'java.net.UnknownHostException: repo.example.com' }, /no network/],
  [
    'a registry that is down',
    { output: 'npm error 503 Service Unavailable - GET http://127.0.0.1:1/npm/a' },
    /not reachable/,
  ],
  ['an answer that broke off', { output: 'npm error code E502\nnpm error 502 npm broke off' }, /incomplete/],
  [
    'an archive of 2 GB',
    { output: 'npm error code E413\nnpm error 413 The archive is larger' },
    /larger than the mirrors/,
  ],
  ['a private package', { output: 'npm error code E401\nnpm error Unable to authenticate' }, /refused access/],
  ['a package that is not there', { output: 'npm error code E404' }, /does not exist/],
  [
    'pip and a version that is not there',
    { output: 'ERROR: No matching distribution found for a==9' },
    /does not exist/,
  ],
  [
    'npm and a lock file that does not match',
    {
      output:
        'npm error code EUSAGE\n`npm ci` can only install packages when your package.json and package-lock.json are in sync',
    },
    /lock file does not match/,
  ],
  [
    'pnpm and such a lock file',
    { output: 'ERR_PNPM_OUTDATED_LOCKFILE Cannot install with "frozen-lockfile"' },
    /lock file does not match/,
  ],
  [
    'Cargo and such a lock file',
    { output: 'error: the lock file Cargo.lock needs to be updated but --locked was passed' },
    /lock file does not match/,
  ],
  [
    'Ruby and a gem that is not there',
    { output: "Could not find gem 'left' in rubygems repository" },
    /does not exist/,
  ],
  [
    'Maven and such an artifact',
    { output: 'Could not find artifact a:b:jar:1 in bosun (http://127)' },
    /does not exist/,
  ],
  ['Cargo and such a crate', { output: 'error: no matching package named `left` found' }, /does not exist/],
  ['Composer and such a package', { output: 'acme/left could not be found in any version' }, /does not exist/],
  [
    'a Rust that is too old',
    { output: 'package `a v1.0.0` cannot be built because it requires rustc 1.68 or newer' },
    /another version of a tool/,
  ],
  [
    'a Go that is too old',
    { output: 'go: go.mod requires go >= 1.25.0 (running go 1.24.4)' },
    /another version of a tool/,
  ],
  ['a Python that is too old', { output: "ERROR: Package 'a' requires a different Python: 3.11.2" }, /another version/],
  ['a Java that is too old', { output: 'error: release version 25 not supported' }, /another version of a tool/],
  [
    'a Maven that is too old',
    { output: 'Detected Maven Version: 3.8.7 is not in the allowed range [3.9.9,).' },
    /another version of a tool/,
  ],
  [
    'npm that warns of an engine and fails of something else',
    { output: 'npm warn EBADENGINE Unsupported engine\nnpm error code E404' },
    /does not exist/,
  ],
  ['a package with the wrong hash', { output: 'npm error code EINTEGRITY' }, /damaged/],
  [
    'pip and a wrong hash',
    { output: 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE' },
    /damaged/,
  ],
  ['an archive that was cut off', { output: 'zlib: unexpected end of file' }, /damaged/],
  ['a full disk', { output: 'write /bosun/home: No space left on device' }, /BOSUN_WORKER_DISK/],
  [
    'the watch of the disk',
    { exitCode: null as never, sessionOutput: '[stopped: the worker wrote more than its 9 bytes to disk]' },
    /BOSUN_WORKER_DISK/,
  ],
  ['too many processes', { output: 'sh: 0: Cannot fork' }, /BOSUN_WORKER_PROCESSES/],
  ['the watch of memory', { outOfMemory: true }, /BOSUN_WORKER_MEMORY/],
  [
    'a heap that is full',
    { exitCode: 134, output: 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory' },
    /BOSUN_WORKER_MEMORY/,
  ],
  ['no end', { timedOut: true, exitCode: null as never }, /timed out/],
  ['something else', { output: 'tests/a.c:3: error: expected ;' }, null],
])('names the cause of %s', (_name, failure, cause) => {
  const explained = explainSetup({ ...NOTHING, ...failure });
  if (cause === null) {
    expect(explained).toBeNull();
  } else {
    expect(explained).toMatch(cause);
  }
});

test('shows the end of an output', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  expect(lastLines(`${lines.join('\n')}\n\n`).split('\n')).toEqual(lines.slice(10));
});

test.each([
  [{ exitCode: 127 }, /only what is in its image/],
  [{ output: 'go.mod requires go >= 1.30' }, /than the image of the worker has.*`image`/],
])('in a container the way out is another image: %j', (failure, cause) => {
  expect(explainSetup({ ...NOTHING, ...failure, toolsFrom: 'image' })).toMatch(cause);
});

test('lines with the cause are shown where it stands above the last ones', () => {
  const help = Array.from({ length: 40 }, (_, at) => `npm error   --option-${at}`);
  const output = [
    'npm error code EUSAGE',
    'npm error',
    'npm error package.json and lock file are not in sync',
    ...help,
  ];
  expect(lastLines(output.join('\n'), 5).split('\n')[0]).toBe('npm error code EUSAGE');
  expect(lastLines(help.join('\n'), 2)).toBe('npm error   --option-38\nnpm error   --option-39');
});
