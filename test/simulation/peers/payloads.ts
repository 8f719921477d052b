import {
  INSTALLATION_ID,
  type GitHubState,
  type Person,
  type SimComment,
  type SimIssue,
} from './github/github-state.ts';

/** The fields of GitHub's payloads that are read, as GitHub sends them. */
export function issuesPayload(
  github: GitHubState,
  issue: SimIssue,
  happened: { action: string; sender: Person; label?: string },
): object {
  const { action, label, sender } = happened;
  return { ...common(github, issue, sender), action, ...(label === undefined ? {} : { label: { name: label } }) };
}

export function commentPayload(
  github: GitHubState,
  issue: SimIssue,
  happened: { action: 'created' | 'deleted'; comment: SimComment },
): object {
  const { action, comment } = happened;
  return {
    ...common(github, issue, comment.author),
    action,
    comment: {
      id: comment.id,
      body: comment.body,
      html_url: `https://github.example/comment-${comment.id}`,
      created_at: seconds(comment.createdAt),
      user: comment.author,
      performed_via_github_app: comment.appId === null ? null : { id: comment.appId },
    },
  };
}

function common(github: GitHubState, issue: SimIssue, sender: Person): object {
  const repository = github.repositories.get(issue.repositoryId);
  return {
    repository: {
      id: issue.repositoryId,
      name: repository?.name ?? '',
      owner: { login: repository?.owner ?? '' },
      default_branch: 'main',
      archived: false,
      html_url: `https://github.example/${repository?.owner}/${repository?.name}`,
    },
    installation: { id: INSTALLATION_ID },
    sender: { id: sender.id, login: sender.login, type: sender.isBot ? 'Bot' : 'User' },
    issue: {
      number: issue.number,
      title: issue.title,
      body: issue.body,
      state: issue.open ? 'open' : 'closed',
      locked: issue.locked,
      updated_at: seconds(issue.updatedAt),
      user: { id: issue.author.id, login: issue.author.login, type: 'User' },
    },
  };
}

/** GitHub's times are whole seconds. */
function seconds(ms: number): string {
  return new Date(Math.floor(ms / 1_000) * 1_000).toISOString();
}
