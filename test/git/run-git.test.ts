import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { gitEnvironment, tokenConfig } from '../../app/git/git-environment.ts';
import { isBranchName } from '../../app/git/is-branch-name.ts';
import { parseRemoteProblem } from '../../app/git/remote-problem.ts';
import { runGit, type GitRun } from '../../app/git/run-git.ts';

const TOKEN = 'ghs_canary_0123456789abcdef';

/** Runs a shell command the only way git can be made to: by an alias of our own. */
function shell(command: string, more: Partial<GitRun> = {}) {
  return runGit({ args: ['-c', `alias.run=!${command}`, 'run'], ...more });
}

describe('a run of git', () => {
  test('inherits nothing from our environment', async () => {
    process.env['BOSUN_TEST_CANARY'] = 'canary';
    const result = await shell('env');
    delete process.env['BOSUN_TEST_CANARY'];
    const text = result.ok ? result.stdout.toString() : '';
    expect(text).toContain('GIT_CONFIG_GLOBAL=/dev/null');
    expect(text).not.toContain('canary');
    expect(text).not.toContain(process.env['HOME'] === '/' ? 'no home to look for' : `HOME=${process.env['HOME']}\n`);
  });

  test('carries a token in the environment alone, for one server', async () => {
    const config = tokenConfig('https://github.example/', TOKEN);
    expect(Object.keys(config)).toEqual(['http.https://github.example/.extraHeader']);
    const listed = await runGit({ args: ['config', '--get-urlmatch', 'http', 'https://github.example/a/b'], config });
    const other = await runGit({
      args: ['config', '--get-urlmatch', 'http', 'https://github.example.evil/a/b'],
      config,
    });
    expect(listed.ok && listed.stdout.toString()).toContain('Authorization: Basic');
    expect(JSON.stringify(other)).not.toContain('Authorization');
    const argv = await shell('tr "\\\\0" " " < /proc/$PPID/cmdline', { config });
    expect(argv.ok && argv.stdout.toString()).not.toContain(Buffer.from(`x-access-token:${TOKEN}`).toString('base64'));
  });

  test('ends with everything it started when it takes too long', async () => {
    const result = await shell('echo started; sleep 300 & echo $!; wait', { timeoutMs: 300 });
    expect(result).toMatchObject({ ok: false, problem: { kind: 'timeout' } });
    const pid = Number(result.ok ? 0 : result.problem.stdout.toString().split('\n')[1]);
    expect(pid).toBeGreaterThan(1);
    // Gone, or dead and waiting for a parent to notice.
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
    expect(state).toMatch(/^gone$|\) Z /);
  });

  test('ends when it is aborted, and when it prints too much', async () => {
    const controller = new AbortController();
    const aborted = shell('sleep 300', { signal: controller.signal });
    controller.abort();
    expect(await aborted).toMatchObject({ ok: false, problem: { kind: 'aborted' } });
    expect(await shell('yes', { maxOutputBytes: 1_000 })).toMatchObject({
      ok: false,
      problem: { kind: 'output_limit' },
    });
  });

  test('reports its end without secrets', async () => {
    const encoded = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    const says = `echo "fatal: https://user:${TOKEN}@host/x ${TOKEN} ${encoded} Authorization: Basic abc" >&2; exit 3`;
    const result = await shell(says, { secrets: [TOKEN] });
    expect(result).toMatchObject({ ok: false, problem: { kind: 'exit', exitCode: 3 } });
    const { stderr } = result.ok ? { stderr: '' } : result.problem;
    expect(stderr).toContain('fatal: https://***@host/x *** *** Authorization: Basic ***');
    expect(stderr).not.toContain('abc');
  });

  test('allows only the transports it is given', async () => {
    const refused = await runGit({ args: ['ls-remote', 'file:///nowhere'] });
    expect(refused.ok ? '' : refused.problem.stderr).toContain("transport 'file' not allowed");
    const external = await runGit({ args: ['ls-remote', 'ext::sh -c id'], transports: ['https', 'file'] });
    expect(external.ok ? '' : external.problem.stderr).toContain("transport 'ext' not allowed");
    expect(gitEnvironment({ transports: ['https'] })).toMatchObject({ GIT_TERMINAL_PROMPT: '0' });
  });
});

test.each([
  ['main', true],
  ['feature/a-b_c.d', true],
  ['日本語', true],
  ['fix/$(touch${IFS}PWNED)', true],
  ['', false],
  ['@', false],
  ['-x', false],
  ['--upload-pack=touch', false],
  ['a..b', false],
  ['a b', false],
  ['a\nb', false],
  ['a~1', false],
  ['a:b', false],
  ['a*', false],
  ['a[b', false],
  ['a\\b', false],
  ['a@{1}', false],
  ['.a', false],
  ['a/.b', false],
  ['a.lock', false],
  ['a//b', false],
  ['/a', false],
  ['a/', false],
  ['a.', false],
  ['x'.repeat(241), false],
])('%j as a branch name: %s', (name, expected) => {
  expect(isBranchName(name)).toBe(expected);
});

test.each([
  ['fatal: unable to access: The requested URL returned error: 502', 'unavailable'],
  ['fatal: unable to access: Could not resolve host: github.com', 'unavailable'],
  ["remote: Repository not found.\nfatal: repository 'x' not found", 'not_found'],
  ["fatal: could not read Username for 'https://x': terminal prompts disabled", 'unauthorized'],
  ["fatal: couldn't find remote ref refs/heads/x", 'unavailable'],
  ['error: file write error: No space left on device', 'unavailable'],
  ['error: inflate: data stream error', 'local'],
])('%j is %s', (stderr, kind) => {
  const problem = { kind: 'exit', exitCode: 128, stdout: Buffer.alloc(0), stderr } as const;
  expect(parseRemoteProblem(problem)).toMatchObject({ ok: false, kind });
});
