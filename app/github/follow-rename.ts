import type { RepositoryRef } from '../task/task.ts';
import type { GitHub, GitHubResult } from './github.ts';

/**
 * Runs something that addresses a repository by name, such as git. When the repository turns out to be elsewhere, its
 * present name is looked up by id and it runs once more. Calls of the REST API do the same on their own.
 */
export async function followRename<T>(
  repository: RepositoryRef,
  options: {
    readonly github: Pick<GitHub, 'fetchRepository'>;
    readonly run: (repository: RepositoryRef) => Promise<GitHubResult<T>>;
    readonly isElsewhere: (value: T) => boolean;
  },
): Promise<GitHubResult<T>> {
  const first = await options.run(repository);
  if (!first.ok || !options.isElsewhere(first.value)) {
    return first;
  }
  const found = await options.github.fetchRepository(repository.id);
  if (!found.ok) {
    return found;
  }
  const { ref } = found.value;
  return ref.owner === repository.owner && ref.name === repository.name ? first : options.run(ref);
}
