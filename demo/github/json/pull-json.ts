import { canMerge, compareCommits, type Comparison } from '../git/history.ts';
import { fullName } from '../state/find.ts';
import type { Issue, Pull, Repository, World } from '../state/world.ts';
import { association, labelJson, threadUrl } from './issue-json.ts';
import { repositoryJson } from './repository-json.ts';
import { nodeId, time, userJson, type Json } from './user-json.ts';

export type PullIssue = Issue & { pull: Pull };

export function isPull(issue: Issue): issue is PullIssue {
  return issue.pull !== null;
}

/** The form of a list of pull requests. */
export function pullListJson(world: World, issue: PullIssue): Json {
  const { pull } = issue;
  const repository = `${world.apiUrl}/repos/${fullName(issue.repository)}`;
  const url = `${repository}/pulls/${issue.number}`;
  const issueUrl = `${repository}/issues/${issue.number}`;
  const htmlUrl = threadUrl(world, issue);
  const statuses = `${repository}/statuses/${pull.head.sha}`;
  const links = {
    self: url,
    html: htmlUrl,
    issue: issueUrl,
    comments: `${issueUrl}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${repository}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses,
  };
  const assignees = issue.assignees.map((user) => userJson(world, user));
  return {
    url,
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    html_url: htmlUrl,
    diff_url: `${htmlUrl}.diff`,
    patch_url: `${htmlUrl}.patch`,
    issue_url: issueUrl,
    number: issue.number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    user: userJson(world, issue.user),
    body: issue.body,
    created_at: time(issue.createdAt),
    updated_at: time(issue.updatedAt),
    closed_at: issue.closedAt ? time(issue.closedAt) : null,
    merged_at: pull.mergedAt ? time(pull.mergedAt) : null,
    merge_commit_sha: pull.mergeCommitSha,
    assignee: assignees[0] ?? null,
    assignees,
    requested_reviewers: [],
    requested_teams: [],
    labels: issue.labels.map((label) => labelJson(world, issue.repository, label)),
    milestone: null,
    draft: pull.draft,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: statuses,
    head: sideJson(world, pull.head),
    base: sideJson(world, pull.base),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    author_association: association(issue.repository, issue.user),
    auto_merge:
      pull.autoMerge === null
        ? null
        : {
            enabled_by: userJson(world, pull.autoMerge.by),
            merge_method: pull.autoMerge.method.toLowerCase(),
            commit_title: null,
            commit_message: null,
          },
    active_lock_reason: issue.lockReason,
  };
}

function sideJson(world: World, side: { repository: Repository; ref: string; sha: string }): Json {
  return {
    label: `${side.repository.owner.login}:${side.ref}`,
    ref: side.ref,
    sha: side.sha,
    user: userJson(world, side.repository.owner),
    repo: repositoryJson(world, side.repository),
  };
}

/** The form of one pull request, with what git says about it. */
export async function pullJson(world: World, issue: PullIssue): Promise<Json> {
  const { pull } = issue;
  const { dir } = issue.repository;
  const isOpen = issue.state === 'open';
  const [mergeable, comparison] = await Promise.all([
    isOpen ? canMerge(dir, pull.base.ref, pull.head.sha) : null,
    pullComparison(issue),
  ]);
  return {
    ...pullListJson(world, issue),
    merged: pull.mergedAt !== null,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeState(issue, mergeable),
    merged_by: pull.mergedBy ? userJson(world, pull.mergedBy) : null,
    comments: issue.comments.size,
    review_comments: 0,
    maintainer_can_modify: pull.maintainerCanModify,
    commits: comparison?.commits.length ?? 0,
    additions: sum(comparison, 'additions'),
    deletions: sum(comparison, 'deletions'),
    changed_files: comparison?.files.length ?? 0,
  };
}

/** What the pull request would change, from the merge base of its two sides. */
export function pullComparison({ pull, repository }: PullIssue): Promise<Comparison | undefined> {
  return compareCommits(repository.dir, pull.base.sha, pull.head.sha);
}

function mergeState(issue: PullIssue, mergeable: boolean | null): string {
  if (mergeable === null) {
    return 'unknown';
  }
  if (!mergeable) {
    return 'dirty';
  }
  return issue.pull.draft ? 'draft' : 'clean';
}

function sum(comparison: Comparison | undefined, key: 'additions' | 'deletions'): number {
  return (comparison?.files ?? []).reduce((total, file) => total + file[key], 0);
}
