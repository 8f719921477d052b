import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decideGate } from '../../../app/publish/gate/decide-gate.ts';
import { GATE_LIMITS } from '../../../app/publish/gate/gate-facts.ts';
import { inspectWork } from '../../../app/publish/inspect/inspect-work.ts';
import { git, gitClient } from '../../git/git-client.ts';

let gitDir: string;
let base: string;

/** Finds the one secret these tests know. */
function findSecrets(bytes: Uint8Array) {
  const count = Buffer.from(bytes).toString('latin1').split('sk-canary').length - 1;
  return Array.from({ length: count }, () => ({ kind: 'canary' }));
}

beforeAll(async () => {
  gitDir = await mkdtemp(join(tmpdir(), 'bosun-inspect-'));
  await git(gitDir, 'init', '-q', '--bare', '.');
  base = await commit([], {
    'README.md': '# Engine\n',
    'src/a.js': 'a\n',
    'example.txt': 'like sk-canary\n',
    'ci/x.yml': 'x\n',
  });
});

afterAll(async () => {
  await rm(gitDir, { recursive: true, force: true });
});

async function blob(content: string | Buffer): Promise<string> {
  return writeObject('blob', Buffer.from(content));
}

/** A tree out of raw entries, as no checkout would make it. */
async function tree(entries: readonly { mode: string; name: string | Buffer; sha: string }[]): Promise<string> {
  const parts = entries.map((entry) =>
    Buffer.concat([
      Buffer.from(`${entry.mode} `),
      Buffer.from(entry.name),
      Buffer.from([0]),
      Buffer.from(entry.sha, 'hex'),
    ]),
  );
  return writeObject('tree', Buffer.concat(parts));
}

/** A loose object, as git stores it; resolves with its hash. */
async function writeObject(type: 'blob' | 'tree', content: Buffer): Promise<string> {
  const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  const sha = createHash('sha1').update(bytes).digest('hex');
  const folder = join(gitDir, 'objects', sha.slice(0, 2));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, sha.slice(2)), deflateSync(bytes, { level: 1 }));
  return sha;
}

type Files = Record<string, string | Buffer | null | { mode: string; sha: string }>;

/** A commit that changes paths of its first parent; null deletes. */
async function commit(parents: readonly string[], files: Files, message = 'Work'): Promise<string> {
  const env = { GIT_INDEX_FILE: join(gitDir, `index-${randomBytes(4).toString('hex')}`) };
  const run = async (args: string[], input?: string) => {
    const result = await gitClient(gitDir, args, { env, ...(input === undefined ? {} : { input }) });
    expect(result).toMatchObject({ code: 0 });
    return result.stdout;
  };
  await run(['read-tree', ...(parents[0] === undefined ? ['--empty'] : [parents[0]])]);
  const lines: string[] = [];
  for (const [path, content] of Object.entries(files)) {
    if (content === null) {
      lines.push(`0 ${'0'.repeat(40)}\t${path}`);
    } else if (typeof content === 'string' || Buffer.isBuffer(content)) {
      lines.push(`100644 ${await blob(content)}\t${path}`);
    } else {
      lines.push(`${content.mode} ${content.sha}\t${path}`);
    }
  }
  await run(['update-index', '-z', '--index-info'], lines.map((line) => `${line}\0`).join(''));
  const root = await run(['write-tree', '--missing-ok']);
  return run(['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), '-m', message, root]);
}

async function judge(tipSha: string) {
  const work = await inspectWork({ gitDir, baseSha: base, tipSha }, findSecrets);
  const decision = decideGate(
    { ...work.facts, outsiders: [] },
    { ...GATE_LIMITS, protectedPaths: ['locked/**'], push: 'trusted', secretsAllowed: [] },
  );
  const codes = decision.outcome === 'pass' ? [decision.history] : decision.findings.map((item) => item.code);
  return { ...work, codes: [...new Set(codes)] };
}

describe('work that is fine', () => {
  test('added, changed and deleted files as such, and the patch', async () => {
    const tip = await commit([base], { 'src/b.js': 'b\n', 'src/a.js': 'c\n', 'ci/x.yml': null });
    const { codes, facts, patch } = await judge(tip);
    expect(codes).toEqual(['keep']);
    expect(facts.net.map(({ status, path, size }) => `${status} ${path} ${size}`)).toEqual([
      'D ci/x.yml 0',
      'M src/a.js 2',
      'A src/b.js 2',
    ]);
    expect(patch.toString()).toContain('+++ b/src/b.js');
    expect(facts).toMatchObject({ isOnBase: true, commits: 1, steps: [], patchBytes: patch.length });
  });

  test('an example that looks like a secret was there before', async () => {
    expect((await judge(await commit([base], { 'example.txt': 'better, like sk-canary\n' }))).codes).toEqual(['keep']);
  });

  test('commits are kept in order, with what each changed', async () => {
    const first = await commit([base], { one: '1\n' }, 'First\n\nbody');
    const second = await commit([first], { two: '2\n' }, 'Second');
    const { facts } = await judge(second);
    expect(facts.line.map((item) => item.subject)).toEqual(['First', 'Second']);
    expect(facts.steps.map((item) => item.path)).toEqual(['one', 'two']);
  });

  test('a merge comes out flat: the commit that merged carries the whole result', async () => {
    const side = await commit([base], { side: 's\n' }, 'Side');
    const first = await commit([base], { one: '1\n' }, 'First');
    const merge = await commit([first, side], { side: 's\n' }, 'Merge');
    const { codes, facts } = await judge(merge);
    expect(codes).toEqual(['keep']);
    expect(facts.line.map((item) => item.subject)).toEqual(['First', 'Merge']);
    expect(facts.commits).toBe(3);
  });

  test('when first parents do not lead to the base, the tip stands for all', async () => {
    const elsewhere = await commit([], { other: 'o\n' }, 'Elsewhere');
    const merge = await commit([elsewhere, base], { 'README.md': '# Engine\n' }, 'Merge the base');
    expect((await judge(merge)).facts.line.map((item) => item.subject)).toEqual(['Merge the base']);
  });
});

describe('work that may not leave', () => {
  const link = async () => ({ mode: '120000', sha: await blob('/etc/passwd') });
  const evil: readonly (readonly [string, () => Promise<Files>, string])[] = [
    ['a symbolic link to /etc/passwd', async () => ({ innocent: await link() }), 'MODE_NOT_ALLOWED'],
    ['a file that became a link', async () => ({ 'README.md': await link() }), 'MODE_NOT_ALLOWED'],
    ['a submodule', async () => ({ lib: { mode: '160000', sha: '1'.repeat(40) } }), 'MODE_NOT_ALLOWED'],
    ['a .gitmodules that ends in CR', async () => ({ '.gitmodules\r': '[submodule "x"]\n' }), 'PATH_INVISIBLE'],
    ['a workflow', async () => ({ '.github/workflows/x.yml': 'on: push\n' }), 'PATH_PROTECTED'],
    ['a workflow in disguise', async () => ({ '.GitHub/work\ufb02ows/x.yml': 'on: push\n' }), 'PATH_PROTECTED'],
    ['a path the repository protects', async () => ({ 'locked/a': 'x\n' }), 'PATH_PROTECTED'],
    ['a second spelling of a folder', async () => ({ 'SRC/b.js': 'x\n' }), 'PATH_COLLISION'],
    ['a second spelling of a file', async () => ({ 'readme.md': 'x\n' }), 'PATH_COLLISION'],
    ['two new names that are one', async () => ({ new1: 'x\n', NEW1: 'y\n' }), 'PATH_COLLISION'],
    ['a secret', async () => ({ 'src/b.js': 'key = "sk-canary"\n' }), 'SECRET_FOUND'],
    ['one secret more than before', async () => ({ 'example.txt': 'sk-canary sk-canary\n' }), 'SECRET_FOUND'],
    ['a secret as a file name', async () => ({ 'sk-canary': 'x\n' }), 'SECRET_FOUND'],
    ['a secret behind a zero byte', async () => ({ b: Buffer.from('\0sk-canary') }), 'SECRET_FOUND'],
    [
      'a large binary',
      async () => ({ 'a.bin': Buffer.concat([Buffer.from([0]), randomBytes(600_000)]) }),
      'BINARY_TOO_LARGE',
    ],
    ['a large text', async () => ({ 'a.txt': 'line\n'.repeat(1_000_000) }), 'TOO_LARGE'],
  ];
  test.each(evil)('%s', async (_, files, code) => {
    expect((await judge(await commit([base], await files()))).codes).toContain(code);
  });

  test('101 files', async () => {
    const files = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`many/${index}`, 'x\n']));
    expect((await judge(await commit([base], files))).codes).toEqual(['TOO_MANY_FILES']);
  });

  test('51 commits', async () => {
    let tip = base;
    for (let index = 0; index <= 50; index += 1) {
      tip = await git(gitDir, 'commit-tree', '-p', tip, '-m', `c${index}`, `${base}^{tree}`);
    }
    expect((await judge(tip)).codes).toEqual(['COMMITS_TOO_MANY']);
  });

  test.each([
    ['an orphan', []],
    ['a commit beside the base', ['elsewhere']],
  ])('%s is not on the base', async (_, parents) => {
    const elsewhere = await commit([], { other: 'o\n' });
    const tip = await commit(parents.length === 0 ? [] : [elsewhere], { 'README.md': 'x\n' });
    expect((await judge(tip)).codes).toContain('NOT_ON_BASE');
  });

  test('a name that is not UTF-8', async () => {
    const file = { mode: '100644', name: Buffer.from([0x61, 0xff]), sha: await blob('x') };
    const tip = await git(gitDir, 'commit-tree', '-p', base, '-m', 'x', await tree([file]));
    expect((await judge(tip)).codes).toContain('PATH_NOT_UTF8');
  });

  test('an odd mode', async () => {
    const file = { mode: '100664', name: 'odd', sha: await blob('x') };
    const tip = await git(gitDir, 'commit-tree', '-p', base, '-m', 'x', await tree([file]));
    expect((await judge(tip)).codes).toContain('MODE_NOT_ALLOWED');
  });

  test('ten billion files out of a dozen objects', async () => {
    let sha = await tree(entries('100644', await blob('bomb')));
    for (let depth = 0; depth < 9; depth += 1) {
      sha = await tree(entries('40000', sha));
    }
    const tip = await git(gitDir, 'commit-tree', '-p', base, '-m', 'x', sha);
    const { codes } = await judge(tip);
    expect(codes).toContain('TOO_MANY_FILES');
  });

  test('folders inside each other without end', { timeout: 60_000 }, async () => {
    let sha = await tree([{ mode: '100644', name: 'end', sha: await blob('deep') }]);
    for (let depth = 0; depth < 120; depth += 1) {
      sha = await tree([{ mode: '40000', name: 'd', sha }]);
    }
    const tip = await git(gitDir, 'commit-tree', '-p', base, '-m', 'x', sha);
    expect((await judge(tip)).codes).toContain('TOO_MANY_FILES');
  });

  test('a folder of half a million entries, without holding up others', { timeout: 60_000 }, async () => {
    const one = await blob('x');
    const names = Array.from({ length: 500_000 }, (_, index) => `file-${String(index).padStart(7, '0')}`);
    const large = await tree(names.map((name) => ({ mode: '100644', name, sha: one })));
    const tip = await git(gitDir, 'commit-tree', '-p', base, '-m', 'x', large);
    const lag = monitorEventLoopDelay({ resolution: 10 });
    lag.enable();
    const { codes } = await judge(tip);
    lag.disable();
    expect(codes).toContain('TOO_MANY_FILES');
    expect(lag.percentile(99) / 1e6).toBeLessThan(500);
  });

  function entries(mode: string, sha: string) {
    return Array.from({ length: 10 }, (_, index) => ({ mode, name: `f${index}`, sha }));
  }
});

test('what came and went on the way makes the result stand alone', async () => {
  const first = await commit([base], { '.github/workflows/x.yml': 'on: push\n', 'src/b.js': 'b\n' }, 'Sneak');
  const second = await commit([first], { '.github/workflows/x.yml': null }, 'Hide');
  expect((await judge(second)).codes).toEqual(['squash']);
});
