import { failure } from '../../task/failure.ts';
import { isLagPossible } from '../../task/is-lag-possible.ts';
import type { Task } from '../../task/task.ts';
import type { PublisherOptions } from '../publisher-options.ts';
import { endingOf } from '../publishing.ts';
import { settledBy, type BranchSettled } from './settle-branch.ts';

/**
 * The branch of a task that pushes to a pull request: the one the pull request is made of, from the commit it has now.
 * Only a branch of this repository will do, and never the default branch.
 */
export async function settlePull(task: Task, options: PublisherOptions): Promise<BranchSettled> {
  const github = options.github(task.installationId);
  const { publication, repository, thread } = task;
  const [pull, facts] = await Promise.all([
    github.fetchPullDetails(repository, thread.number),
    github.fetchRepository(repository.id),
  ]);
  if (!pull.ok) {
    return settledBy(endingOf(pull.problem, 'PULL_REQUEST_CLOSED'));
  }
  if (!facts.ok) {
    return settledBy(endingOf(facts.problem, 'REPOSITORY_GONE'));
  }
  const { headRef, headRepositoryId, headSha, number, state, url } = pull.value;
  if (state !== 'open') {
    return { kind: 'failed', failure: failure('PULL_REQUEST_CLOSED', `Pull request ${number} is ${state}.`) };
  }
  if (headRepositoryId !== repository.id) {
    return { kind: 'failed', failure: failure('PULL_REQUEST_FORK') };
  }
  if (headRef === facts.value.defaultBranch) {
    const detail = `The pull request comes from \`${headRef}\`, the default branch, to which Bosun never pushes.`;
    return { kind: 'failed', failure: failure('BRANCH_BLOCKED', detail) };
  }
  const known = publication.headSha;
  const current = known !== null && isLagPossible(task, options.clock) ? known : headSha;
  if (task.branch === headRef && current === known) {
    return { kind: 'settled', branch: headRef, publication: null, note: null, earlier: 'usable' };
  }
  return {
    kind: 'settled',
    branch: headRef,
    publication: { headSha: current, pullNumber: number, pullUrl: url },
    note: `Works on pull request #${number} from ${current.slice(0, 12)} on.`,
    earlier: 'usable',
  };
}
