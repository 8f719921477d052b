import type { GitHub, GitHubResult, RepositoryFacts } from './github.ts';

/**
 * Runs something that reads a repository which is perhaps not one of the installation: with a token for it where the
 * installation has it, and without any where it is public.
 */
export async function withReadToken<T>(
  github: Pick<GitHub, 'withRepositoryToken'>,
  repository: Pick<RepositoryFacts, 'ref' | 'isPrivate'>,
  run: (token: string | null) => Promise<T>,
): Promise<GitHubResult<T>> {
  const result = await github.withRepositoryToken(repository.ref, 'read', run);
  const isForeign = !result.ok && (result.problem.kind === 'gone' || result.problem.kind === 'forbidden');
  return isForeign && !repository.isPrivate ? { ok: true, value: await run(null) } : result;
}
