import { runGit } from '../../../git/run-git.ts';
import { fail, ok, type Check } from '../check.ts';

const OLDEST_NODE = 24;
/** The first that takes configuration from the environment (`GIT_CONFIG_COUNT`), which keeps tokens out of arguments. */
const OLDEST_GIT = [2, 31] as const;
const GIT_TIMEOUT_MS = 5_000;

export function checkNode(version: string = process.versions.node): Check {
  const major = Number(version.split('.')[0]);
  return major >= OLDEST_NODE
    ? ok('node', version)
    : fail(
        'node',
        `${version}, too old`,
        `Use Node ${OLDEST_NODE} or newer; \`npm ci\` installs one that \`npm start\` uses.`,
      );
}

export async function checkGit(): Promise<Check> {
  const run = await runGit({ args: ['--version'], timeoutMs: GIT_TIMEOUT_MS });
  return judgeGit(run.ok ? run.stdout.toString('utf8') : null);
}

/** `said` is what `git --version` printed; null when it could not be run. */
export function judgeGit(said: string | null): Check {
  const match = /(\d+)\.(\d+)(?:\.\d+)*/.exec(said ?? '');
  const install = `Install git ${OLDEST_GIT.join('.')} or newer in /usr/bin: \`apt-get install git\`.`;
  if (match === null) {
    return fail('git', 'not found', install);
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const isNew = major > OLDEST_GIT[0] || (major === OLDEST_GIT[0] && minor >= OLDEST_GIT[1]);
  return isNew ? ok('git', match[0]) : fail('git', `${match[0]}, too old`, install);
}

/** Why a directory cannot be played as a repository; null when it has a commit to start from. */
export async function findRepositoryProblem(directory: string): Promise<Check | null> {
  const listed = await runGit({
    args: ['ls-remote', '--', directory, 'HEAD'],
    transports: ['file'],
    timeoutMs: GIT_TIMEOUT_MS,
  });
  if (!listed.ok) {
    const last = listed.problem.stderr.trim().split('\n')[0] ?? '';
    return fail('repository', `git cannot read ${directory}: ${last}`, 'Name the directory of a git repository.');
  }
  return listed.stdout.toString('utf8').trim() === ''
    ? fail('repository', `${directory} has no commit`, 'Commit what it holds; a worker starts from the last commit.')
    : null;
}
