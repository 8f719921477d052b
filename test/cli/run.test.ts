import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { anyRepositoryScript } from '../../demo/any-repository.ts';
import { createScriptedModel } from '../../demo/model/create-scripted-model.ts';

const BOSUN = new URL('../../app/cli/bosun.ts', import.meta.url).pathname;
const TEXT = 'Write down which commits there are\n\nIn a file of its own.';

function git(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  return execFileSync('git', ['-C', directory, ...identity, ...args], { encoding: 'utf8' }).trim();
}

async function makeRepository(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-run-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  git(directory, 'init', '--quiet', '--initial-branch=trunk');
  await writeFile(path.join(directory, 'README.md'), '# Engine\n');
  git(directory, 'add', '.');
  git(directory, 'commit', '--quiet', '--message=Begin');
  return directory;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command with nothing of the caller's settings but those given. */
function bosun(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { HOME = '/', PATH = '' } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, [BOSUN, ...args], { env: { HOME, PATH, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : ((error.code as number | undefined) ?? null), stdout, stderr });
    });
  });
}

async function withModel(): Promise<Record<string, string>> {
  const model = await createScriptedModel({ script: anyRepositoryScript });
  onTestFinished(() => model.close());
  return { ANTHROPIC_API_KEY: model.key, ANTHROPIC_BASE_URL: model.url };
}

describe('bosun run', () => {
  test('leaves a branch with the change, and touches nothing else', { timeout: 180_000 }, async () => {
    const directory = await makeRepository();
    await writeFile(path.join(directory, 'scratch.txt'), 'not committed\n');
    const ended = await bosun(['run', directory, TEXT, '--budget', '1', '--json'], await withModel());
    expect(ended.stderr).toContain('1 uncommitted changes are not part of what the agent sees');
    const run = JSON.parse(ended.stdout) as { branch: string; head_sha: string; cost_usd: string };
    expect(run).toMatchObject({
      state: 'COMPLETED',
      branch: expect.stringMatching(/^bosun\/[0-9a-z]{26}-write-down-which-commits/),
      files_changed: 1,
      problem: null,
      cost_usd: expect.not.stringMatching(/^0\.00$/),
    });
    expect(ended.code).toBe(0);
    expect(git(directory, 'rev-parse', run.branch)).toBe(run.head_sha);
    expect(git(directory, 'log', '-1', '--format=%an %B', run.branch)).toBe(
      'Bosun Wrote down which commits were looked at, in `BOSUN-DEMO.md`.\n\nMade by `bosun run`.',
    );
    expect(git(directory, 'diff', '--name-only', `HEAD...${run.branch}`)).toBe('BOSUN-DEMO.md');
    expect(git(directory, 'symbolic-ref', 'HEAD')).toBe('refs/heads/trunk');
    expect(git(directory, 'status', '--porcelain')).toBe('?? scratch.txt');
  });

  test('prints a patch that git applies', { timeout: 180_000 }, async () => {
    const directory = await makeRepository();
    const ended = await bosun(['run', directory, TEXT, '--patch'], await withModel());
    expect(ended.code).toBe(0);
    execFileSync('git', ['-C', directory, 'apply', '--index'], { input: ended.stdout });
    expect(git(directory, 'status', '--porcelain')).toBe('A  BOSUN-DEMO.md');
    expect(git(directory, 'branch', '--list', 'bosun/*')).toBe('');
  });

  test('answers a flag that is wrong as an issue would, and spends nothing', { timeout: 180_000 }, async () => {
    const directory = await makeRepository();
    const ended = await bosun(['run', directory, TEXT, '--budget', 'much', '--json'], await withModel());
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      state: null,
      branch: null,
      problem: expect.stringContaining('--budget'),
      cost_usd: '0.00',
    });
  });

  test.each<[string, (directory: string) => string[], string]>([
    ['no text', (directory) => ['run', directory, ' '], 'the task is empty'],
    ['an issue on GitHub', () => ['run', 'ada/engine#7', TEXT], 'ada/engine#7 is an issue on GitHub'],
    ['no repository', () => ['run', tmpdir(), TEXT], `git cannot read ${tmpdir()}`],
    ['no key', (directory) => ['run', directory, TEXT], 'ANTHROPIC_API_KEY'],
    ['two forms of output', (directory) => ['run', directory, TEXT, '--patch', '--json'], 'cannot be combined'],
  ])('refuses %s before anything starts', async (_name, argsOf, problem) => {
    const ended = await bosun(argsOf(await makeRepository()));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(problem);
  });
});
