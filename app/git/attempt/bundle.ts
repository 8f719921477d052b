import { mustGit, runGit, type GitRunResult } from '../run-git.ts';
import { checkBranch, RECEIVE_LIMITS, START_REF, WorkLost, type AttemptRepository } from './attempt.ts';

/**
 * Everything of the work branch, and of what the worker was given, that the base has not, as a git bundle: thin against
 * the base, readable by `git fetch` in any clone. Null when there is nothing.
 */
export async function makeBundle(repository: AttemptRepository): Promise<Buffer | null> {
  const { path: gitDir, baseSha, workBranch } = repository;
  const wanted = [`refs/heads/${workBranch}`, START_REF, `refs/heads/${checkBranch(repository)}`];
  const refs = await presentRefs(gitDir, wanted);
  const range = [...refs, `^${baseSha}`];
  if (refs.length === 0 || (await mustGit({ gitDir, args: ['rev-list', '--max-count=1', ...range] })) === '') {
    return null;
  }
  const made = await runGit({
    gitDir,
    args: ['bundle', 'create', '--quiet', '-', ...range],
    maxOutputBytes: RECEIVE_LIMITS.repositoryBytes,
    timeoutMs: 3 * 60_000,
  });
  if (!made.ok) {
    throw new Error(`the work of ${repository.taskId} could not be bundled: ${made.problem.stderr}`);
  }
  return made.stdout;
}

/** Takes the objects of a bundle in as strictly as those of a push. No ref changes. Throws `WorkLost` when it cannot. */
export async function takeBundle(gitDir: string, bundle: Uint8Array): Promise<void> {
  const taken = await takePack(gitDir, packOf(bundle));
  if (!taken.ok) {
    throw new WorkLost(`The bundle of the pushed work cannot be unpacked: ${taken.problem.stderr.trim()}`);
  }
}

/** Makes sure that the whole history of the work is there. Throws `WorkLost` when it is not. */
export async function checkComplete(
  gitDir: string,
  work: { headSha: string; startSha: string; baseSha: string },
): Promise<void> {
  const args = ['rev-list', '--objects', '--quiet', work.headSha, work.startSha, `^${work.baseSha}`];
  const checked = await runGit({ gitDir, args });
  if (!checked.ok) {
    throw new WorkLost(`The saved work of ${work.headSha} is not complete: ${checked.problem.stderr.trim()}`);
  }
}

/** Copies what one attempt left into the repository of the next, so that the first may be removed. */
export async function copyWork(
  source: AttemptRepository,
  gitDir: string,
  work: { headSha: string; baseSha: string },
): Promise<void> {
  const pack = await runGit({
    gitDir: source.path,
    args: ['pack-objects', '--revs', '--stdout', '--quiet', '--thin', '--delta-base-offset'],
    input: `${work.headSha}\n^${work.baseSha}\n`,
    maxOutputBytes: RECEIVE_LIMITS.repositoryBytes,
  });
  if (!pack.ok) {
    throw new Error(`earlier work ${work.headSha} could not be read: ${pack.problem.stderr}`);
  }
  const taken = await takePack(gitDir, pack.stdout);
  if (!taken.ok) {
    throw new Error(`earlier work ${work.headSha} could not be copied: ${taken.problem.stderr}`);
  }
}

function takePack(gitDir: string, pack: Uint8Array): Promise<GitRunResult> {
  const args = ['index-pack', '--strict', '--fix-thin', '--stdin'];
  return runGit({ gitDir, args, input: pack, timeoutMs: 3 * 60_000 });
}

/** A bundle is lines that name what it needs and what it has, an empty line, and a pack. */
function packOf(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf('\n\n');
  if (!buffer.subarray(0, 16).toString('latin1').startsWith('# v2 git bundle\n') || end < 0) {
    throw new WorkLost('The bundle of the pushed work is not a git bundle.');
  }
  return buffer.subarray(end + 2);
}

async function presentRefs(gitDir: string, refs: readonly string[]): Promise<string[]> {
  const found = await mustGit({ gitDir, args: ['for-each-ref', '--format=%(refname)', ...refs] });
  return refs.filter((ref) => found.split('\n').includes(ref));
}
