import { fullName } from '../state/find.ts';
import type { CommitStatus, Repository, World } from '../state/world.ts';
import { nodeId, time, userJson, type Json } from './user-json.ts';

/** The newest status of each context, as GitHub combines them. */
export function latestStatuses(repository: Repository, sha: string): CommitStatus[] {
  const all = (repository.statuses.get(sha) ?? []).toReversed();
  return all.filter((status) => all.find(({ context }) => context === status.context) === status);
}

export function statusJson(world: World, of: { repository: Repository; sha: string; status: CommitStatus }): Json {
  const { repository, sha, status } = of;
  return {
    url: `${world.apiUrl}/repos/${fullName(repository)}/statuses/${sha}`,
    avatar_url: `${world.url}/avatars/${status.creator.id}`,
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: time(status.createdAt),
    updated_at: time(status.createdAt),
    creator: userJson(world, status.creator),
  };
}
