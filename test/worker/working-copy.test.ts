import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { localGitEnvironment } from '../../worker/git/git-environment.ts';
import { openWorkingCopy, type WorkingCopy } from '../../worker/git/working-copy.ts';

const ENV = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

interface Bench {
  readonly copy: WorkingCopy;
  readonly write: (file: string, content: string | Buffer) => Promise<void>;
  readonly at: (file: string) => string;
  /** What differs between the start commit and what would be committed, as `status path`. */
  readonly changes: () => Promise<string[]>;
  readonly leftOut: () => Promise<readonly string[]>;
  /** The blob that would be committed. */
  readonly blob: (file: string) => Promise<string>;
}

/** A repository whose blobs are exactly these bytes, checked out as the worker does. */
async function openBench(files: Readonly<Record<string, string | Buffer>>, env = ENV): Promise<Bench> {
  const home = await mkdtemp(path.join(tmpdir(), 'bosun-copy-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const keep = path.join(home, 'keep.git');
  const repository = path.join(home, 'repository');
  async function git(cwd: string, args: readonly string[], input?: Buffer): Promise<string> {
    const running = promisify(execFile)('git', args, { cwd, env: ENV, maxBuffer: 1 << 26 });
    if (input !== undefined) {
      running.child.stdin?.end(input);
    }
    return (await running).stdout;
  }
  await git(home, ['init', '--quiet', '--bare', '--initial-branch=main', keep]);
  for (const [file, content] of Object.entries(files)) {
    const oid = (await git(keep, ['hash-object', '-w', '--stdin'], Buffer.from(content))).trim();
    await git(keep, ['update-index', '--add', '--cacheinfo', `100644,${oid},${file}`]);
  }
  const tree = (await git(keep, ['write-tree'])).trim();
  const startSha = (await git(keep, ['commit-tree', tree, '-m', 'Start'])).trim();
  await git(keep, ['update-ref', 'refs/heads/main', startSha]);
  await git(home, ['clone', '--quiet', '--local', keep, repository]);
  const copy = await openWorkingCopy({ repository, keep, env, startSha, isPrepared: false });
  const read = async (): Promise<string> => (await copy.readTree()).tree;
  return {
    copy,
    at: (file) => path.join(repository, file),
    async write(file, content) {
      await mkdir(path.dirname(path.join(repository, file)), { recursive: true });
      await writeFile(path.join(repository, file), content);
    },
    async changes() {
      const listing = await git(keep, [
        'diff-tree',
        '-r',
        '-z',
        '--no-renames',
        '--name-status',
        startSha,
        await read(),
      ]);
      const fields = listing.split('\0');
      return fields.flatMap((field, at) => (at % 2 === 1 ? [`${fields[at - 1]} ${field}`] : []));
    },
    leftOut: async () => (await copy.readTree()).leftOut,
    blob: async (file) => git(keep, ['show', `${await read()}:${file}`]),
  };
}

const CRLF = 'one\r\ntwo\r\n';
const UTF16 = Buffer.from('\uFEFFhello\n', 'utf16le');

test.each<[string, Record<string, string | Buffer>]>([
  ['`eol=crlf` on files stored with CRLF', { '.gitattributes': '*.bat text eol=crlf\n', 'run.bat': CRLF }],
  ['`eol=crlf` on files stored with LF', { '.gitattributes': '*.bat text eol=crlf\n', 'run.bat': 'one\n' }],
  ['`eol=lf` on files stored with CRLF', { '.gitattributes': '* eol=lf\n', 'run.txt': CRLF }],
  ['`text=auto` on files stored with CRLF', { '.gitattributes': '* text=auto\n', 'run.txt': CRLF }],
  ['`text` in a nested file of attributes', { 'lib/.gitattributes': '*.txt text\n', 'lib/run.txt': CRLF }],
  ['a macro', { '.gitattributes': '[attr]windows text eol=crlf\n*.bat windows\n', 'run.bat': CRLF }],
  ['the old attribute `crlf`', { '.gitattributes': '*.txt crlf\n', 'run.txt': CRLF }],
  ['mixed line ends', { '.gitattributes': '* text=auto eol=crlf\n', 'run.txt': 'one\r\ntwo\n' }],
  ['`ident`', { '.gitattributes': '*.c ident\n', 'main.c': '/* $Id$ */\n', 'old.c': '/* $Id: 12 $ */\n' }],
  ['`working-tree-encoding`', { '.gitattributes': '*.rc working-tree-encoding=UTF-16LE-BOM\n', 'app.rc': 'hello\n' }],
  ['a filter nobody runs', { '.gitattributes': '*.bin filter=lfs -text\n', 'a.bin': 'version x\n' }],
  ['twins that differ in case', { README: 'a\n', readme: 'b\n' }],
])('files nobody touched are not changed by %s', async (_, files) => {
  const { at, changes, write } = await openBench({ ...files, 'z.c': 'int z;\n' });
  expect(await changes()).toEqual([]);
  // As an editor or a build that only looks: the time changes, the bytes do not.
  for (const file of Object.keys(files)) {
    await utimes(at(file), new Date(), new Date(Date.now() + 60_000));
  }
  await write('z.c', 'int z = 1;\n');
  await write('new.c', 'int n;\n');
  expect(await changes()).toEqual(['A new.c', 'M z.c']);
});

test('a file that was changed keeps the line ends that the repository stores', async () => {
  const { blob, changes, write } = await openBench({
    '.gitattributes': '*.bat text eol=crlf\n*.rc working-tree-encoding=UTF-16LE-BOM\n',
    'stored.bat': CRLF,
    'normal.bat': 'one\ntwo\n',
    'app.rc': 'hi\n',
  });
  await write('stored.bat', 'one\r\n2\r\n');
  await write('normal.bat', 'one\r\n2\r\n');
  await write('new.bat', 'new\r\n');
  await write('app.rc', UTF16);
  expect(await changes()).toEqual(['M app.rc', 'A new.bat', 'M normal.bat', 'M stored.bat']);
  expect(await blob('stored.bat')).toBe('one\r\n2\r\n');
  expect(await blob('normal.bat')).toBe('one\n2\n');
  expect(await blob('new.bat')).toBe('new\n');
  expect(await blob('app.rc')).toBe('hello\n');
});

test('content that cannot be converted is kept as it is', async () => {
  const { blob, write } = await openBench({ '.gitattributes': '*.rc working-tree-encoding=UTF-16\n', 'a.c': 'a\n' });
  await write('broken.rc', 'odd');
  await write('a.c', 'b\n');
  expect(await blob('broken.rc')).toBe('odd');
  expect(await blob('a.c')).toBe('b\n');
});

test('deletions, modes, links and files that replace folders are changes', async () => {
  const files = { '.gitattributes': '* text=auto\n', 'd/x': 'x\n', 'e/y': 'y\n', f: 'f\n', g: 'g\n' };
  const { at, changes, write } = await openBench(files);
  await rm(at('d'), { recursive: true });
  await write('d', 'file\n');
  await rm(at('e/y'));
  await chmod(at('f'), 0o755);
  await rm(at('g'));
  await symlink('f', at('g'));
  expect(await changes()).toEqual(['A d', 'D d/x', 'D e/y', 'M f', 'T g']);
});

test('names that look like leftovers are part of the change', async () => {
  const { changes, leftOut, write } = await openBench({ 'README.md': 'x\n', '.gitignore': 'dist/\n' });
  await write('src/core.2.ts', 'export {};\n');
  await write('src/core.test.ts', 'export {};\n');
  await write('core.7', 'notes\n');
  await write('core', 'notes\n');
  await write('dist/out.js', 'ignored\n');
  expect(await changes()).toEqual(['A core', 'A core.7', 'A src/core.2.ts', 'A src/core.test.ts']);
  expect(await leftOut()).toEqual([]);
});

test('a folder that another system takes for .git is left out by name, and the rest is kept', async () => {
  const job = { git: { authorName: 'A', authorEmail: 'a@example.com' } };
  const env = { ...ENV, ...localGitEnvironment(ENV, job as never) };
  const { changes, leftOut, write } = await openBench({ 'README.md': 'x\n' }, env);
  const names = ['.git\u200c', '.g\u200dit', 'git~1', 'src/.GI\u200eT'];
  for (const name of names) {
    await write(`${name}/config`, 'evil\n');
  }
  await write('src/sum.js', '1\n');
  expect(await changes()).toEqual(['A src/sum.js']);
  expect(await leftOut()).toEqual(expect.arrayContaining(['.git\u200c/', '.g\u200dit/', 'git~1/']));
});

test('what is left out is named', async () => {
  const { at, changes, leftOut, write } = await openBench({ 'README.md': 'x\n' });
  const dump = Buffer.alloc(64);
  dump.write('\u007fELF', 'latin1');
  dump[16] = 4;
  await write('core.4711', dump);
  await write('node_modules/dep/index.js', '1\n');
  await write('test/fixtures/pkg/index.js', '1\n');
  await write('test/fixtures/pkg/node_modules/dep/index.js', '1\n');
  await write('tool/__pycache__/a.pyc', '1\n');
  await write('inner/file', '1\n');
  await promisify(execFile)('git', ['init', '--quiet'], { cwd: at('inner'), env: ENV });
  await promisify(execFile)('git', ['-C', at('inner'), 'commit', '--quiet', '--allow-empty', '-m', 'x'], { env: ENV });
  expect(await changes()).toEqual(['A test/fixtures/pkg/index.js']);
  expect((await leftOut()).toSorted()).toEqual(
    ['core.4711', 'inner/', 'node_modules/', 'test/fixtures/pkg/node_modules/', 'tool/'].toSorted(),
  );
});

test('tracked files in folders that are usually left out stay part of the change', async () => {
  const { changes, write } = await openBench({ 'node_modules/own/a.js': '1\n' });
  await write('node_modules/own/a.js', '2\n');
  expect(await changes()).toEqual(['M node_modules/own/a.js']);
});
