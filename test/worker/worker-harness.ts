import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { Job, WorkerResult } from '../../protocol/index.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { startDoor } from './start-door.ts';
import type { TestDoor } from './start-door.ts';

const WORKER = new URL('../../worker/main.ts', import.meta.url).pathname;
const GIT_ENV = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

export const SAMPLE_FILES: Readonly<Record<string, string>> = {
  'sum.js': 'export function sum(a, b) {\n  return a - b;\n}\n',
  'sum.test.js':
    "import assert from 'node:assert';\nimport test from 'node:test';\nimport { sum } from './sum.js';\n\ntest('sums', () => assert.equal(sum(1, 2), 3));\n",
  'package.json': '{"type":"module"}\n',
  '.gitignore': 'ignored/\n',
  'docs/readme.md': '# Sums\n',
};

/** All that a worker needs, real where it matters: a bare repository, a door before it, a job. */
export interface WorkerHarness {
  readonly home: string;
  readonly bare: string;
  readonly door: TestDoor;
  readonly job: Job;
  readonly startSha: string;
  /** Starts the real worker as compute would. */
  readonly start: (job?: Partial<Job>) => RunningWorker;
  /** Starts it with these arguments and no job written. */
  readonly startRaw: (args: readonly string[]) => RunningWorker;
  /** Starts it and waits for its end. */
  readonly run: (job?: Partial<Job>) => Promise<WorkerEnd>;
  readonly git: (...args: string[]) => Promise<string>;
  /** Files of the work branch, by name. */
  readonly pushed: () => Promise<Record<string, string>>;
}

export interface RunningWorker {
  readonly child: ChildProcess;
  readonly ended: Promise<WorkerEnd>;
}

export interface WorkerEnd {
  readonly exitCode: number | null;
  readonly output: string;
  readonly result: WorkerResult | undefined;
}

export async function openWorker(script: ModelScript, files = SAMPLE_FILES): Promise<WorkerHarness> {
  const home = await mkdtemp(path.join(tmpdir(), 'bosun-worker-'));
  const { bare, startSha } = await makeRepository(home, files);
  const token = randomBytes(32).toString('base64url');
  const door = await startDoor({ home, bare, token, script });
  const children: ChildProcess[] = [];
  onTestFinished(async () => {
    for (const child of children) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    await door.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });
  const workDir = path.join(home, 'work');
  await mkdir(workDir);
  const job: Job = {
    version: 1,
    taskId: '01JDQ3W1Q0TASK0000000000AA',
    epoch: 1,
    door: { url: 'http://127.0.0.1:0', socketPath: door.socketPath, token },
    git: { startBranch: 'main', startSha, workBranch: 'bosun/work', authorName: 'Bosun', authorEmail: 'b@example.com' },
    workDir,
    agent: { kind: 'builtin' },
    model: 'scripted',
    maxTurns: 20,
    prompt: { system: 'You mend programs.', user: 'The sum is wrong.' },
    timeoutMs: 60_000,
    heartbeatMs: 1_000,
  };

  function start(changes: Partial<Job> = {}): RunningWorker {
    const jobFile = path.join(home, 'job.json');
    writeFileSync(jobFile, JSON.stringify({ ...job, ...changes }), { mode: 0o400 });
    return startRaw([jobFile]);
  }

  function startRaw(args: readonly string[]): RunningWorker {
    const child = spawn(process.execPath, [WORKER, ...args], {
      cwd: home,
      env: { PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: home, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    const ended = once(child, 'close').then(([exitCode]) => ({
      exitCode: exitCode as number | null,
      output,
      result: door.result(),
    }));
    return { child, ended };
  }

  async function git(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('git', ['--git-dir', bare, ...args], { env: GIT_ENV });
    return stdout.trim();
  }

  async function pushed(): Promise<Record<string, string>> {
    const names = (await git('ls-tree', '-r', '--name-only', 'bosun/work')).split('\n');
    const entries = names.map(async (name) => [name, await git('show', `bosun/work:${name}`)]);
    return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
  }

  return { home, bare, door, job, startSha, start, startRaw, run: (changes) => start(changes).ended, git, pushed };
}

async function makeRepository(home: string, files: Readonly<Record<string, string>>) {
  const bare = path.join(home, 'repository.git');
  const source = path.join(home, 'source');
  const run = async (cwd: string, ...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd, env: GIT_ENV })).stdout.trim();
  await mkdir(source);
  await run(source, 'init', '--quiet', '--initial-branch=main');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(source, name)), { recursive: true });
    await writeFile(path.join(source, name), text);
  }
  await run(source, 'add', '--all');
  await run(source, 'commit', '--quiet', '--message', 'First');
  await run(home, 'clone', '--quiet', '--bare', source, bare);
  await run(bare, 'config', 'http.receivepack', 'true');
  await rm(source, { recursive: true });
  return { bare, startSha: await run(bare, 'rev-parse', 'main') };
}

/** Whether a file is there, for what a program was to leave or must not have left. */
export function isThere(...parts: string[]): boolean {
  return existsSync(path.join(...parts));
}
