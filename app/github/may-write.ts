import type { RepositoryRef } from '../task/task.ts';
import type { GitHub, GitHubResult, Role } from './github.ts';

const WRITING_ROLES: readonly Role[] = ['admin', 'maintain', 'write'];

export interface WritePermission {
  readonly mayWrite: boolean;
  /** As GitHub reports it; `none` for an App bot, which is never a collaborator. */
  readonly role: Role;
}

/**
 * Who may write, the one rule for admission, control and publishing: a person with a writing role in the repository, and
 * a bot that the repository's file allows by its number. Names and `author_association` carry no authority.
 */
export async function fetchWritePermission(
  request: {
    readonly repository: RepositoryRef;
    readonly user: { readonly id: number; readonly login: string };
    /** Numbers of bots that are allowed; empty for whoever is no bot. */
    readonly allowedBots: readonly number[];
  },
  github: Pick<GitHub, 'fetchRole'>,
): Promise<GitHubResult<WritePermission>> {
  if (request.allowedBots.includes(request.user.id)) {
    return { ok: true, value: { mayWrite: true, role: 'none' } };
  }
  const role = await github.fetchRole(request.repository, request.user);
  return role.ok ? { ok: true, value: { mayWrite: WRITING_ROLES.includes(role.value), role: role.value } } : role;
}
