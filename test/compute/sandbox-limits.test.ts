import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { createSandboxCompute } from '../../app/compute/sandbox-compute.ts';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { openControlGroups } from '../../app/compute/session/control-groups.ts';
import { QUIET } from './quiet.ts';
import { FIXTURE_ENTRY, MEBIBYTE, requestFor } from './request-for.ts';
import { startListener } from './start-listener.ts';

const check = await checkSandbox();
const hasPerl = existsSync('/usr/bin/perl') && process.arch === 'x64';
const groups = openControlGroups();
const directories: string[] = [];

afterAll(async () => {
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
});

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-limits-'));
  directories.push(directory);
  return directory;
}

async function attempt(commands: readonly string[][]): Promise<{ status: number | null; output: string }[]> {
  const door = await startListener();
  onTestFinished(() => door.close());
  const compute = createSandboxCompute({
    directory: await makeDirectory(),
    doorSocketPath: door.socketPath,
    workerEntry: FIXTURE_ENTRY,
    nodePath: process.execPath,
    compile: 'each time',
    log: QUIET,
  });
  const session = { taskId: 'TRY', epoch: 1 };
  await compute.start(requestFor(session, { name: 'attempt', args: { commands }, limits: {} }));
  const told = (await door.heard()) as unknown as { status: number | null; output: string }[];
  await compute.ended(session);
  return told;
}

/** A system call by its number; prints the error, or 0. */
function call(...numbers: number[]): string[] {
  return ['perl', '-e', `$! = 0; syscall(${numbers.join(', ')}); print $! + 0;`];
}

describe.skipIf(!check.ok || !hasPerl)('a worker in a sandbox', () => {
  test.each<[string, string[], string]>([
    ['a user namespace', ['unshare', '--user', 'true'], 'Operation not permitted'],
    ['clone3', call(435, 0, 0), '38'],
    ['a keyring', call(250, 0, -4, 1), '1'],
    ['a mount', call(165, 0, 0, 0, 0, 0), '1'],
    ['a program in the kernel', call(321, 0, 0, 0), '1'],
    ['io_uring', call(425, 1, 0), '38'],
    ['a socket to the host of a virtual machine', call(41, 40, 1, 0), '97'],
    ['a cipher of the kernel', call(41, 38, 5, 0), '97'],
    ['a raw socket', call(41, 2, 3, 1), '1'],
    ['large shared segments', call(29, 0, 1 << 26, 0o1600), '12'],
    [
      'a lower chance to be killed when memory runs out',
      ['sh', '-c', 'echo 0 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj'],
      '1000',
    ],
  ])('cannot have %s', { timeout: 60_000 }, async (_what, command, output) => {
    const [ended] = await attempt([command]);
    expect(ended?.output).toContain(output);
  });

  test('has what builds need', { timeout: 60_000 }, async () => {
    const told = await attempt([
      ['sh', '-c', 'for i in 1 2 3; do (sleep 0.01 & wait); done'],
      [
        'perl',
        '-MSocket',
        '-e',
        'socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) or die; socket(C, AF_INET, SOCK_STREAM, 0) or die',
      ],
      ['perl', '-e', 'exit(syscall(29, 0, 56, 0600) < 0)'],
    ]);
    expect(told.map(({ status }) => status)).toEqual([0, 0, 0]);
  });

  test('gets no descriptor that Bosun was started with', { timeout: 60_000 }, async () => {
    const secret = path.join(await makeDirectory(), 'secret');
    const file = await open(secret, 'w');
    const stdio = ['ignore', 'pipe', 'inherit', ...Array.from({ length: 30 }, () => 'ignore' as const), file.fd];
    const args = JSON.stringify({ commands: [['sh', '-c', 'ls -l /proc/self/fd']] });
    const program = new URL('hold-sessions.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [program, 'sandbox', 'attempt', args], { stdio: stdio as never });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    await file.close();
    const { home, told } = JSON.parse(line.toString()) as { home: string; told: { output: string }[] };
    directories.push(home);
    expect(told[0]?.output).toContain('-> ');
    expect(told[0]?.output).not.toContain('secret');
  });

  const machines = [
    ['with control groups', groups],
    ['without control groups', null],
  ] as const;
  describe.each(machines.filter(([, one], index) => one !== null || index === 1))('%s', (_how, controlGroups) => {
    test.each(['memfd', 'tmpfs', 'shared', 'sockets', 'anonymous'])(
      'is ended when it takes too much memory as %s',
      { timeout: 120_000 },
      async (kind) => {
        const door = await startListener();
        onTestFinished(() => door.close());
        const compute = createSandboxCompute({
          directory: await makeDirectory(),
          doorSocketPath: door.socketPath,
          workerEntry: FIXTURE_ENTRY,
          nodePath: process.execPath,
          compile: 'each time',
          workBytes: 32 * MEBIBYTE,
          controlGroups,
          log: QUIET,
        });
        const session = { taskId: 'FILL', epoch: 1 };
        const limits = { memoryBytes: 300 * MEBIBYTE };
        await compute.start(requestFor(session, { name: 'fill', args: { kind }, limits }));
        const ended = await compute.ended(session);
        // The kernel ends one of its processes, or the watch all of them; it never comes to its end.
        expect(ended.kind === 'exited' && (ended.outOfMemory || ended.exitCode === 9)).toBe(true);
        await compute.clean(session);
      },
    );
  });
});
