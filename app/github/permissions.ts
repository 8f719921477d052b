import type { GitHub, RepositoryFacts, Role } from './github.ts';
import type { Client } from './request/client.ts';

const ROLES: readonly Role[] = ['admin', 'maintain', 'write', 'triage', 'read', 'none'];

/** The repository itself, and who may do what in it. */
export function createPermissionCalls(
  client: Client,
): Pick<GitHub, 'fetchRepository' | 'fetchRepositoryByName' | 'fetchRole'> {
  return {
    async fetchRepository(id) {
      const answer = await client.read({ id, owner: '', name: '' }, (octokit) =>
        octokit.request('GET /repositories/{repository_id}', { repository_id: id }),
      );
      if (!answer.ok) {
        const isGone = answer.problem.kind === 'not_found';
        return isGone ? { ok: false, problem: { ...answer.problem, kind: 'gone' } } : answer;
      }
      return { ok: true, value: readRepository(answer.value.data as RawRepository) };
    },

    async fetchRepositoryByName({ owner, name }) {
      const answer = await client.read(
        { id: 0, owner, name },
        // GitHub redirects a former name to the number of the repository, on the same host
        (octokit) => octokit.rest.repos.get({ owner, repo: name, request: { redirect: 'follow' } }),
        'watch',
      );
      if (answer.ok) {
        return { ok: true, value: readRepository(answer.value.data) };
      }
      const isAbsent = answer.problem.kind === 'gone' || answer.problem.kind === 'not_found';
      return isAbsent ? { ok: false, problem: { ...answer.problem, kind: 'not_found' } } : answer;
    },

    async fetchRole(repository, user) {
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username: user.login }),
      );
      if (!answer.ok) {
        // GitHub does not know the login: renamed or deleted, and so nobody with a right.
        return answer.problem.kind === 'not_found' ? { ok: true, value: 'none' } : answer;
      }
      const { user: found, permission, role_name: roleName } = answer.value.data;
      // The login may belong to someone else by now; the number never does.
      return { ok: true, value: found?.id === user.id ? readRole(roleName, permission) : 'none' };
    },
  };
}

/** `role_name` is finer, but may be a role the organization made up; then the plain permission counts. */
function readRole(roleName: string | undefined, permission: string): Role {
  return ROLES.find((role) => role === roleName) ?? ROLES.find((role) => role === permission) ?? 'none';
}

function readRepository(repository: RawRepository): RepositoryFacts {
  return {
    ref: { id: repository.id, owner: repository.owner.login, name: repository.name },
    defaultBranch: repository.default_branch,
    isPrivate: repository.private,
    archived: repository.archived,
    htmlUrl: repository.html_url,
  };
}

interface RawRepository {
  readonly id: number;
  readonly name: string;
  readonly owner: { readonly login: string };
  readonly default_branch: string;
  readonly private: boolean;
  readonly archived: boolean;
  readonly html_url: string;
}
