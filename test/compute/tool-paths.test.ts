import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkSandbox, trySandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { findToolPathProblems } from '../../app/compute/sandbox/check-tool-paths.ts';
import { describeToolPaths } from '../../app/compute/sandbox/tool-paths.ts';

test.each([
  ['a version of nvm', ['bin', 'lib/node_modules'], ['bin']],
  ['a root of pyenv', ['bin', 'shims', 'versions'], ['shims', 'bin']],
  ['a directory into which npm installed a program', ['node_modules/.bin'], ['node_modules/.bin']],
  ['a directory of programs', [], ['']],
])('%s is searched for programs', async (_name, directories, searched) => {
  const root = await mkdtemp(path.join(tmpdir(), 'bosun-tools-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await Promise.all(directories.map((directory) => mkdir(path.join(root, directory), { recursive: true })));
  const { mounts, search } = describeToolPaths([root]);
  expect(mounts).toEqual([root]);
  expect(search).toEqual(searched.map((directory) => path.join(root, directory)));
});

const check = await checkSandbox();

describe.skipIf(!check.ok)('directories with tools in a sandbox', () => {
  /** A tree of mode 0755 with a program, below a directory of mode 0700 as `mktemp -d` makes them. */
  async function makeTools(): Promise<string> {
    const above = await mkdtemp(path.join(tmpdir(), 'bosun-tools-'));
    onTestFinished(() => rm(above, { recursive: true }));
    const bin = path.join(above, 'tools', 'bin');
    await mkdir(bin, { recursive: true, mode: 0o755 });
    await writeFile(path.join(bin, 'hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    return path.join(above, 'tools');
  }

  test('what is above them may be closed', async () => {
    const tools = await makeTools();
    expect(await findToolPathProblems([tools])).toEqual([]);
    expect(await trySandbox(['hello'], { toolPaths: [tools] })).toMatchObject({ exitCode: 0, output: 'hello\n' });
  });

  test.skipIf(process.getuid?.() !== 0).each(['', 'bin'])('one that is closed itself is named: "%s"', async (name) => {
    const tools = await makeTools();
    const closed = path.join(tools, name);
    await chmod(closed, 0o700);
    expect(await findToolPathProblems([tools])).toEqual([
      {
        directory: path.join(tools, name),
        reason: expect.stringContaining(`may not enter ${path.join(tools, name)}`),
        remedy: expect.stringContaining(`chmod -R a+rX ${path.join(tools, name)}`),
      },
    ]);
  });

  test('one that is not there is named', async () => {
    const tools = await makeTools();
    expect(await findToolPathProblems([tools, '/no/such/tools'])).toMatchObject([{ directory: '/no/such/tools' }]);
  });
});

test.skipIf(!check.ok)('the links of tools in /usr to their settings in /etc lead somewhere in a sandbox', async () => {
  const places = '/usr/share/maven /usr/share/gradle /usr/lib/jvm /usr/lib/php /usr/lib/dotnet';
  const list = `find -L ${places} -maxdepth 6 -type l ! -name settings.xml -lname '*/etc/*' 2>/dev/null | sort`;
  const broken = await trySandbox(['/bin/sh', '-c', list]);
  const { stdout: brokenHere } = await promisify(execFile)('/bin/sh', ['-c', list]);
  expect(broken).toMatchObject({ output: brokenHere });
});
