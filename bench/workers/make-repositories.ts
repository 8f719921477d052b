import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

export const run = promisify(execFile);

const AUTHOR = {
  GIT_AUTHOR_NAME: 'Mira',
  GIT_AUTHOR_EMAIL: 'mira@example.com',
  GIT_COMMITTER_NAME: 'Mira',
  GIT_COMMITTER_EMAIL: 'mira@example.com',
};
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  ...AUTHOR,
};

/** Programs of three kinds of projects: about 400 packages in all. */
const MANIFEST = {
  name: 'measured',
  version: '1.0.0',
  private: true,
  scripts: { test: 'true' },
  dependencies: { express: '4.21.2' },
  devDependencies: { jest: '29.7.0', eslint: '8.57.1' },
};

/** A repository with a lock file of about 400 packages; resolves with how many there are. */
export async function makePackageRepository(directory: string): Promise<number> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'package.json'), `${JSON.stringify(MANIFEST, null, 2)}\n`);
  await run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: directory });
  await writeFile(path.join(directory, '.gitignore'), 'node_modules\n');
  await commit(directory);
  const { stdout } = await run('git', ['show', 'HEAD:package-lock.json'], {
    cwd: directory,
    env: ENVIRONMENT,
    maxBuffer: 64 * 1024 * 1024,
  });
  return Object.keys((JSON.parse(stdout) as { packages: object }).packages).length - 1;
}

const COMMITS = 190;
/** The latest, which a worker has; as usual they weigh little. */
const SMALL_COMMITS = 60;
const FILES = 3_000;
const ASSET_BYTES = 1024 * 1024;

/** A repository of 140 MB with a history: most of its bytes are in commits that a shallow clone leaves out. */
export async function makeLargeRepository(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await run('git', ['init', '--quiet', '--initial-branch=main'], { cwd: directory, env: ENVIRONMENT });
  const child = spawn('git', ['fast-import', '--quiet'], {
    cwd: directory,
    env: ENVIRONMENT,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(child, 'close');
  await pipeline(Readable.from(largeHistory()), child.stdin);
  const [exitCode] = (await ended) as [number | null];
  if (exitCode !== 0) {
    throw new Error(`git fast-import ended with ${exitCode ?? 'a signal'}`);
  }
}

/** Commits in the format of `git fast-import`. */
function* largeHistory(): Generator<Buffer | string> {
  for (let number = 0; number <= COMMITS; number += 1) {
    yield `commit refs/heads/main\ncommitter Mira <mira@example.com> ${1_700_000_000 + number} +0000\ndata 4\nNext\n`;
    const files = number === 0 ? FILES : 0;
    for (let file = 0; file < files; file += 1) {
      const text = randomBytes(2_500).toString('base64');
      yield `M 100644 inline module-${file % 60}/file-${file}.txt\ndata ${text.length}\n${text}\n`;
    }
    const bytes = number < COMMITS - SMALL_COMMITS ? ASSET_BYTES : 1_000;
    yield `M 100644 inline asset.bin\ndata ${bytes}\n`;
    yield randomBytes(bytes);
    yield '\n';
  }
}

async function commit(directory: string): Promise<void> {
  const options = { cwd: directory, env: ENVIRONMENT };
  await run('git', ['init', '--quiet', '--initial-branch=main'], options);
  await run('git', ['add', '--all'], options);
  await run('git', ['-c', 'gc.auto=0', 'commit', '--quiet', '--message', 'Next'], options);
}

/** A few files without anything to install. */
export async function makeSmallRepository(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'README.md'), '# Small\n');
  await commit(directory);
}
