import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { afterAll, describe, expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenarios, type Conversation, type Scenario } from './open-scenario.ts';

const SCRIPT: ModelScript = [{ text: 'Hello.' }];
const openScenario = withScenarios();
const check = await checkSandbox();
const COMPUTES = ['process', ...(check.ok ? (['sandbox'] as const) : [])] as const;
const run = promisify(execFile);
const hasLfs = await run('git', ['lfs', 'version']).then(
  () => true,
  () => false,
);
const home = await mkdtemp(path.join(tmpdir(), 'bosun-checkout-'));
afterAll(() => rm(home, { recursive: true, force: true }));

const GIT = {
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  GIT_AUTHOR_NAME: 'Mira',
  GIT_AUTHOR_EMAIL: 'mira@example.com',
  GIT_COMMITTER_NAME: 'Mira',
  GIT_COMMITTER_EMAIL: 'mira@example.com',
};

async function git(directory: string, args: readonly string[]): Promise<string> {
  return (await run('git', ['-c', 'protocol.file.allow=always', ...args], { cwd: directory, env: GIT })).stdout.trim();
}

/** A git repository on this machine with one commit. */
async function makeRepository(
  name: string,
  content: { files: Readonly<Record<string, string>>; links?: Readonly<Record<string, string>> },
): Promise<{ directory: string; sha: string }> {
  const directory = path.join(home, name);
  await mkdir(directory, { recursive: true });
  await git(directory, ['init', '--quiet', '--initial-branch=main']);
  for (const [file, text] of Object.entries(content.files)) {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), text);
  }
  await git(directory, ['add', '--all']);
  for (const [link, sha] of Object.entries(content.links ?? {})) {
    await git(directory, ['update-index', '--add', '--cacheinfo', `160000,${sha},${link}`]);
  }
  await git(directory, ['commit', '--quiet', '--message', 'First']);
  return { directory, sha: await git(directory, ['rev-parse', 'HEAD']) };
}

function modules(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([name, url]) => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ${url}\n`)
    .join('');
}

async function openIn(compute: (typeof COMPUTES)[number], settings: Record<string, string> = {}): Promise<Scenario> {
  const scenario = await openScenario({ compute, script: SCRIPT, settings });
  scenario.github.createUser({ login: 'acme', type: 'Organization' });
  return scenario;
}

const CONFIG = (lines: string): string => `agent: {command: sh ./agent.sh}\nverify: none\n${lines}\n`;
const ASK = `const answer = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
  method: 'POST',
  headers: { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
  body: JSON.stringify({ model: process.env.BOSUN_MODEL, max_tokens: 1000, messages: [{ role: 'user', content: 'hello' }] }),
});
process.exit(answer.ok ? 0 : 5);
`;
const DONE = `echo '{"status":"done","summary":"Done."}' > "$BOSUN_RESULT_FILE"`;

async function implement(scenario: Scenario, directory: string): Promise<Conversation> {
  await scenario.github.createRepository({ owner: 'acme', name: 'tool', fromGit: directory });
  scenario.github.setPermission('acme/tool', story.maintainer, 'maintain');
  const talk = scenario.openIssue({ repository: 'acme/tool' });
  await talk.comment('/implement');
  return talk;
}

/** Names and modes of the files that the pull request changes. */
async function changedFiles(scenario: Scenario, branch: string): Promise<string[]> {
  const { stdout } = await scenario.github.git('acme/tool', ['diff', '--name-only', 'main', branch]);
  return stdout.toString().trim().split('\n');
}

describe.each(COMPUTES)('in a %s', (compute) => {
  test('submodules are checked out, nested ones too; those that cannot be read are named', async () => {
    const scenario = await openIn(compute);
    const { github } = scenario;
    const inner = await makeRepository(`${compute}-inner`, { files: { 'inner.txt': 'inner\n' } });
    const lib = await makeRepository(`${compute}-lib`, {
      files: { 'lib.txt': 'lib\n', '.gitmodules': modules({ inner: '../inner' }) },
      links: { inner: inner.sha },
    });
    const outside = await makeRepository(`${compute}-outside`, { files: { 'outside.txt': 'outside\n' } });
    await github.createRepository({ owner: 'acme', name: 'inner', fromGit: inner.directory, private: true });
    github.setPermission('acme/inner', story.maintainer, 'read');
    await github.createRepository({ owner: 'acme', name: 'hidden', fromGit: outside.directory, private: true });
    await github.createRepository({ owner: 'acme', name: 'lib', fromGit: lib.directory });
    await github.createRepository({ owner: 'free', name: 'outside', fromGit: outside.directory, installed: false });
    await github.createRepository({
      owner: 'free',
      name: 'secret',
      fromGit: outside.directory,
      installed: false,
      private: true,
    });
    const { directory } = await makeRepository(`${compute}-tool`, {
      files: {
        '.gitmodules': modules({
          'deps/lib': '../lib.git',
          outside: `${github.url}/free/outside.git`,
          secret: `${github.url}/free/secret`,
          elsewhere: 'https://git.example.com/a/b.git',
          gone: '../inner.git',
          hidden: '../hidden.git',
        }),
        '.github/bosun.yml': CONFIG(
          'checkout: {submodules: true}\nsetup: [git submodule update --init deps/lib outside, mkdir deps/lib/built, echo 1 > deps/lib/built/made.txt]',
        ),
        'ask.mjs': ASK,
        'agent.sh': `node ask.mjs
cp "$BOSUN_PROMPT_FILE" prompt.txt
git submodule status > status.txt
cat deps/lib/lib.txt deps/lib/inner/inner.txt outside/outside.txt deps/lib/built/made.txt > read.txt
echo changed > deps/lib/lib.txt
${DONE}
`,
      },
      links: {
        'deps/lib': lib.sha,
        outside: outside.sha,
        secret: outside.sha,
        elsewhere: outside.sha,
        gone: '1'.repeat(40),
        hidden: outside.sha,
      },
    });
    const talk = await implement(scenario, directory);
    const task = await talk.waitForTask((row) => row.finishedAt !== null);
    expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published' } });
    const ref = task.branch;
    expect(await github.readFile('acme/tool', { path: 'read.txt', ref })).toBe('lib\ninner\noutside\n1\n');
    expect(await changedFiles(scenario, ref)).toEqual(['prompt.txt', 'read.txt', 'status.txt']);
    expect(await github.readFile('acme/tool', { path: 'status.txt', ref })).toContain(` ${lib.sha} deps/lib`);
    const missing = [
      'The submodule secret is missing: the App cannot read free/secret',
      `The submodule hidden is missing: acme/hidden is private, and ${story.maintainer}, who started the task, cannot read it`,
      'The submodule elsewhere is missing: it is at git.example.com',
      'The submodule gone is missing: acme/inner does not have its commit 111111111111',
    ];
    const prompt = await github.readFile('acme/tool', { path: 'prompt.txt', ref });
    const comment = await talk.waitForReply(/Not in the checkout/);
    for (const sentence of missing) {
      expect(prompt).toContain(sentence);
      expect(comment).toContain(sentence);
    }
  });

  test('a sparse checkout has its directories alone, and loses no file that is left out', async () => {
    const scenario = await openIn(compute);
    const { directory } = await makeRepository(`${compute}-sparse`, {
      files: {
        '.gitattributes': '*.bat text eol=crlf\n',
        '.github/bosun.yml': CONFIG('checkout: {sparse: [packages/web]}'),
        'packages/shared.txt': 'shared\n',
        'packages/web/a.txt': 'a\n',
        'packages/core/b.txt': 'b\n',
        'packages/core/c.txt': 'c\n',
        'docs/run.bat': 'run\n',
        'ask.mjs': ASK,
        'agent.sh': `node ask.mjs
ls packages > packages/web/list.txt
mkdir -p packages/core && echo new > packages/core/b.txt
git status --short > packages/web/status.txt
${DONE}
`,
      },
    });
    const talk = await implement(scenario, directory);
    const task = await talk.waitForTask((row) => row.finishedAt !== null);
    expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published' } });
    const ref = task.branch;
    expect(await scenario.github.readFile('acme/tool', { path: 'packages/web/list.txt', ref })).toBe(
      'shared.txt\nweb\n',
    );
    expect(await changedFiles(scenario, ref)).toEqual([
      'packages/core/b.txt',
      'packages/web/list.txt',
      'packages/web/status.txt',
    ]);
  });

  test('files of Git LFS are fetched within the limit of the server, and what is missing is named', async () => {
    const scenario = await openIn(compute);
    const content = Buffer.alloc(100_000, 'pixels');
    const oid = createHash('sha256').update(content).digest('hex');
    const { directory } = await makeRepository(`${compute}-lfs`, {
      files: {
        '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
        '.github/bosun.yml': CONFIG('checkout: {lfs: true}'),
        'logo.bin': pointer(oid, content.length),
        'gone.bin': pointer('ab'.repeat(32), 5),
        'ask.mjs': ASK,
        'agent.sh': `node ask.mjs
wc -c < logo.bin > size.txt
head -c 7 gone.bin >> size.txt
git status --short > status.txt
${DONE}
`,
      },
    });
    await scenario.github.createRepository({ owner: 'acme', name: 'tool', fromGit: directory, private: true });
    const store = path.join(scenario.github.repository('acme/tool').dir, 'lfs');
    await mkdir(store, { recursive: true });
    await writeFile(path.join(store, oid), content);
    scenario.github.setPermission('acme/tool', story.maintainer, 'maintain');
    const talk = scenario.openIssue({ repository: 'acme/tool' });
    await talk.comment('/implement');
    const task = await talk.waitForTask((row) => row.finishedAt !== null);
    expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published' } });
    const ref = task.branch;
    expect(await scenario.github.readFile('acme/tool', { path: 'size.txt', ref })).toBe('100000\nversion');
    expect(await scenario.github.readFile('acme/tool', { path: 'status.txt', ref })).not.toContain('logo.bin');
    expect(await changedFiles(scenario, ref)).toEqual(['size.txt', 'status.txt']);
    const comment = await talk.waitForReply(/Not in the checkout/);
    expect(comment).toContain('The file gone.bin is only its pointer: the LFS server does not have it');
  });
});

test('files of Git LFS above the limit of the server are not fetched, and people learn why', async () => {
  const scenario = await openIn('process', { BOSUN_LFS_SIZE: '1m' });
  const { directory } = await makeRepository('large', {
    files: {
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
      '.github/bosun.yml': CONFIG('checkout: {lfs: true}'),
      'logo.bin': pointer('cd'.repeat(32), 3 * 1024 * 1024),
      'ask.mjs': ASK,
      'agent.sh': `node ask.mjs; head -c 7 logo.bin > read.txt; ${DONE}\n`,
    },
  });
  const talk = await implement(scenario, directory);
  const task = await talk.waitForTask((row) => row.finishedAt !== null);
  expect(await scenario.github.readFile('acme/tool', { path: 'read.txt', ref: task.branch })).toBe('version');
  const comment = await talk.waitForReply(/Not in the checkout/);
  expect(comment).toContain('together they have 3 MiB, and this server fetches at most 1 MiB');
});

test.skipIf(!hasLfs)(
  `what Git LFS itself pushed is fetched${hasLfs ? '' : ' (skipped: git-lfs is not installed; apt-get install git-lfs)'}`,
  async () => {
    const scenario = await openIn('process');
    const { github } = scenario;
    const directory = path.join(home, 'real-lfs');
    await mkdir(directory, { recursive: true });
    await git(directory, ['init', '--quiet', '--initial-branch=main']);
    await git(directory, ['lfs', 'install', '--local']);
    await git(directory, ['lfs', 'track', '*.bin']);
    await writeFile(path.join(directory, 'logo.bin'), Buffer.alloc(50_000, 'real'));
    await mkdir(path.join(directory, '.github'));
    await writeFile(path.join(directory, '.github', 'bosun.yml'), CONFIG('checkout: {lfs: true}'));
    await writeFile(path.join(directory, 'ask.mjs'), ASK);
    await writeFile(path.join(directory, 'agent.sh'), `node ask.mjs; wc -c < logo.bin > size.txt; ${DONE}\n`);
    await git(directory, ['add', '--all']);
    await git(directory, ['commit', '--quiet', '--message', 'First']);
    await github.createRepository({ owner: 'acme', name: 'tool', fromGit: directory });
    github.setPermission('acme/tool', story.maintainer, 'maintain');
    const token = github.createPersonalToken(story.maintainer);
    const remote = github.cloneUrl('acme/tool').replace('http://', `http://mira:${token}@`);
    await git(directory, ['lfs', 'push', remote, 'main']);
    const talk = scenario.openIssue({ repository: 'acme/tool' });
    await talk.comment('/implement');
    const task = await talk.waitForTask((row) => row.finishedAt !== null);
    expect(await github.readFile('acme/tool', { path: 'size.txt', ref: task.branch })).toBe('50000\n');
  },
);

function pointer(oid: string, size: number): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`;
}
