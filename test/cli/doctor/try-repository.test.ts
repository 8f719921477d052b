import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { judgeRepository, tryRepository } from '../../../app/cli/doctor/try-repository.ts';
import type { RepositoryTrial, TriedCommand } from '../../../app/cli/doctor/try-repository.ts';
import { findRepositoryProblem } from '../../../app/cli/doctor/checks/check-programs.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { urlOf } from '../../support/url-of.ts';

const db = withDatabase();
// Each trial has a GitHub of its own, whose numbers begin anew
afterEach(() => emptyTables(db.database));
const NOTHING: RepositoryTrial = { setup: null, verify: null, runs: [], refused: null };

function ran(phase: TriedCommand['phase'], exitCode: number | null, cause: string | null = null): TriedCommand {
  return {
    phase,
    command: 'npm ci',
    exit_code: exitCode,
    ms: 1_234,
    cause,
    output: exitCode === 0 ? '' : 'no such thing',
  };
}

describe('a trial', () => {
  test.each<[string, TriedCommand, object]>([
    ['a command that went well', ran('setup', 0), { state: 'ok', found: '`npm ci`: exit code 0 after 1.2 s' }],
    [
      'a set-up that failed, with its end and its cause',
      ran('setup', 1, 'the lock file does not match.'),
      { state: 'fail', found: /no such thing$/, remedy: 'Likely cause: the lock file does not match.' },
    ],
    ['a set-up that had to be ended', ran('setup', null), { state: 'fail', found: /did not end by itself/ }],
    ['tests that fail, which is no mistake of the server', ran('verify', 1), { state: 'warn' }],
    ['tests whose program is missing', ran('verify', 127), { state: 'fail' }],
  ])('shows %s', (_name, run, expected) => {
    const check = judgeRepository({ ...NOTHING, runs: [run] })[1];
    for (const [key, value] of Object.entries(expected) as [keyof typeof check, string | RegExp][]) {
      expect(check?.[key]).toMatch(value);
    }
  });

  test('names what to write where nothing was detected, and a mistake in the repository’s file', () => {
    expect(judgeRepository(NOTHING)).toMatchObject([{ state: 'warn', remedy: expect.stringContaining('bosun.yml') }]);
    expect(judgeRepository({ ...NOTHING, refused: 'line 3: unknown key' })).toMatchObject([
      { state: 'fail', found: 'line 3: unknown key' },
    ]);
  });
});

async function makeRepository(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-repository-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), content);
  }
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  execFileSync('git', ['init', '-q', '-b', 'main', directory]);
  if (Object.keys(files).length > 0) {
    execFileSync('git', ['-C', directory, 'add', '-A']);
    execFileSync('git', ['-C', directory, ...identity, 'commit', '-q', '-m', 'Start']);
  }
  return directory;
}

test('runs each command of set-up and the tests in a worker', { timeout: 120_000 }, async () => {
  const file = "setup: ['echo a > made.txt', 'cat made.txt no-such-file']\n";
  const directory = await makeRepository({ '.github/bosun.yml': file, Makefile: 'test:\n\texit 3\n' });
  const trial = await tryRepository({
    directory,
    compute: 'process',
    env: {},
    settings: { DATABASE_URL: urlOf(db.connection) },
    onProgress: () => undefined,
  });
  expect(trial).toMatchObject({
    setup: { source: 'file' },
    verify: { command: 'make test', source: 'detected' },
    runs: [
      { phase: 'setup', command: 'echo a > made.txt', exit_code: 0, output: '' },
      {
        phase: 'setup',
        command: 'cat made.txt no-such-file',
        exit_code: 1,
        output: expect.stringContaining('no-such-file'),
      },
      { phase: 'verify', command: 'make test', exit_code: 2 },
    ],
    refused: null,
  });
});

test('a mistake in the repository’s file is the answer', { timeout: 120_000 }, async () => {
  const directory = await makeRepository({ '.github/bosun.yml': 'setpu: npm ci\n' });
  const trial = await tryRepository({
    directory,
    compute: 'process',
    env: {},
    settings: { DATABASE_URL: urlOf(db.connection) },
    onProgress: () => undefined,
  });
  expect(trial.refused).toContain('setpu');
});

test.each([
  ['no repository', null, /cannot read/],
  ['no commit', {}, /has no commit/],
])('%s is said before anything is tried', async (_name, files, found) => {
  const directory = files === null ? path.join(tmpdir(), 'no-such-repository') : await makeRepository(files);
  expect((await findRepositoryProblem(directory))?.found).toMatch(found);
});
