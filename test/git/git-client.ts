import { execFile } from 'node:child_process';

/** git as a person has it, apart from this machine's settings. Never throws. */
export function gitClient(
  cwd: string,
  args: readonly string[],
  options: { input?: string | Buffer; env?: Record<string, string> } = {},
): Promise<{ code: number; stdout: string; output: string }> {
  return new Promise((resolve) => {
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: '/nonexistent',
      LC_ALL: 'C',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      // Each commit and fetch would start a process that finds nothing to do.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'maintenance.auto',
      GIT_CONFIG_VALUE_0: 'false',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      ...options.env,
    };
    const child = execFile('git', [...args], { cwd, env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, stdout: stdout.trim(), output: `${stdout}${stderr}`.trim() });
    });
    child.stdin?.on('error', () => {
      // git ended before it read anything: its exit code tells the story.
    });
    child.stdin?.end(options.input ?? '');
  });
}

/** Runs git where it must work. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const result = await gitClient(cwd, args);
  if (result.code !== 0) {
    throw new Error(`git ${args.join(' ')}: ${result.output}`);
  }
  return result.stdout;
}
