import { invalid, RestError } from '../http/rest-error.ts';
import { issueJson } from '../json/issue-json.ts';
import { fullName, hasRole } from '../state/find.ts';
import type { Actor, Issue, Label, Pull, Repository, User, World } from '../state/world.ts';
import { emitIssue, emitLabel } from './announce.ts';

const MAX_BODY = 65_536;

/** What every writing to a repository has in common: an archived one cannot be written to. */
export function checkWritable(repository: Repository): void {
  if (repository.archived) {
    throw new RestError(403, 'Repository was archived so is read-only.');
  }
}

export function checkBody(resource: string, body: string | null | undefined): void {
  if (body && Array.from(body).length > MAX_BODY) {
    const message = `body is too long (maximum is ${MAX_BODY} characters)`;
    throw invalid({ resource, code: 'custom', field: 'body', message });
  }
}

/** Makes an issue, or the issue half of a pull request (which announces itself). */
export function createIssue(
  world: World,
  repository: Repository,
  draft: { title: string; body: string | null; actor: Actor; labels?: readonly string[]; pull?: Pull },
): Issue {
  checkWritable(repository);
  checkBody(draft.pull ? 'PullRequest' : 'Issue', draft.body);
  const now = world.now();
  const issue: Issue = {
    id: world.newId(),
    repository,
    number: repository.nextNumber,
    title: draft.title,
    body: draft.body,
    user: draft.actor.user,
    viaApp: draft.actor.viaApp,
    state: 'open',
    stateReason: null,
    locked: false,
    lockReason: null,
    labels: (draft.labels ?? []).map((name) => ensureLabel(world, repository, name)),
    labelEvents: [],
    assignees: [],
    comments: new Map(),
    reactions: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
    pull: draft.pull ?? null,
    transferredTo: null,
    deleted: false,
  };
  repository.nextNumber += 1;
  repository.issues.set(issue.number, issue);
  if (!draft.pull) {
    emitIssue(world, issue, { action: 'opened', sender: draft.actor.user });
    for (const label of issue.labels) {
      issue.labelEvents.push({ id: world.newId(), label, actor: draft.actor.user, at: now });
      emitLabel(world, issue, { action: 'labeled', label, sender: draft.actor.user });
    }
  }
  return issue;
}

export interface IssueChange {
  title?: string | undefined;
  body?: string | null | undefined;
  state?: string | undefined;
  stateReason?: string | null | undefined;
}

/** Changes what is given and announces each kind of change. Only for issues, not for pull requests. */
export function updateIssue(world: World, issue: Issue, change: IssueChange & { actor: Actor }): void {
  checkWritable(issue.repository);
  checkBody('Issue', change.body);
  const sender = change.actor.user;
  const changes: Record<string, { from: string | null }> = {};
  if (change.title !== undefined && change.title !== issue.title) {
    changes['title'] = { from: issue.title };
    issue.title = change.title;
  }
  if (change.body !== undefined && change.body !== issue.body) {
    changes['body'] = { from: issue.body };
    issue.body = change.body;
  }
  issue.updatedAt = world.now();
  if (Object.keys(changes).length > 0) {
    emitIssue(world, issue, { action: 'edited', sender, more: { changes } });
  }
  if (change.state === 'closed' && issue.state === 'open') {
    closeIssue(world, issue, {
      by: sender,
      reason: change.stateReason === 'not_planned' ? 'not_planned' : 'completed',
    });
    emitIssue(world, issue, { action: 'closed', sender });
  }
  if (change.state === 'open' && issue.state === 'closed') {
    Object.assign(issue, { state: 'open', stateReason: 'reopened', closedAt: null, closedBy: null });
    emitIssue(world, issue, { action: 'reopened', sender });
  }
}

export function closeIssue(world: World, issue: Issue, how: { by: User; reason: Issue['stateReason'] }): void {
  issue.state = 'closed';
  issue.stateReason = issue.pull ? null : how.reason;
  issue.closedAt = world.now();
  issue.closedBy = how.by;
}

export function lockIssue(world: World, issue: Issue, how: { actor: Actor; reason: string | null }): void {
  issue.locked = true;
  issue.lockReason = how.reason;
  issue.updatedAt = world.now();
  emitIssue(world, issue, { action: 'locked', sender: how.actor.user });
}

export function unlockIssue(world: World, issue: Issue, actor: Actor): void {
  issue.locked = false;
  issue.lockReason = null;
  issue.updatedAt = world.now();
  emitIssue(world, issue, { action: 'unlocked', sender: actor.user });
}

/** Locked threads take comments from people with write access only; apps are refused too. */
export function checkUnlocked(issue: Issue, actor: Actor): void {
  if (issue.locked && (actor.viaApp || actor.user.type === 'Bot' || !hasRole(issue.repository, actor.user, 'write'))) {
    throw new RestError(403, 'Unable to create comment because issue is locked.');
  }
}

/** The repository's label of that name, made when it is new, as GitHub does when one is put on an issue. */
export function ensureLabel(world: World, repository: Repository, name: string): Label {
  const known = repository.labels.get(name.toLowerCase());
  if (known) {
    return known;
  }
  const label: Label = { id: world.newId(), name, color: 'ededed', description: null, default: false };
  repository.labels.set(name.toLowerCase(), label);
  return label;
}

export function addLabels(world: World, issue: Issue, add: { names: readonly string[]; actor: Actor }): void {
  checkWritable(issue.repository);
  for (const name of add.names) {
    const label = ensureLabel(world, issue.repository, name);
    if (!issue.labels.includes(label)) {
      issue.labels.push(label);
      issue.updatedAt = world.now();
      issue.labelEvents.push({ id: world.newId(), label, actor: add.actor.user, at: issue.updatedAt });
      emitLabel(world, issue, { action: 'labeled', label, sender: add.actor.user });
    }
  }
}

/** False when the issue does not carry the label. */
export function removeLabel(world: World, issue: Issue, remove: { name: string; actor: Actor }): boolean {
  const label = issue.labels.find(({ name }) => name.toLowerCase() === remove.name.toLowerCase());
  if (!label) {
    return false;
  }
  issue.labels = issue.labels.filter((other) => other !== label);
  issue.updatedAt = world.now();
  emitLabel(world, issue, { action: 'unlabeled', label, sender: remove.actor.user });
  return true;
}

/** Moves the issue, with its comments, to another repository of the same owner. */
export function transferIssue(world: World, issue: Issue, to: { repository: Repository; actor: Actor }): Issue {
  const target = createMoved(issue, to.repository);
  emitIssue(world, issue, {
    action: 'transferred',
    sender: to.actor.user,
    more: { changes: { new_issue: issueJson(world, target), new_repository: { full_name: fullName(to.repository) } } },
  });
  issue.transferredTo = target;
  return target;
}

function createMoved(issue: Issue, repository: Repository): Issue {
  const moved: Issue = { ...issue, repository, number: repository.nextNumber, labels: [] };
  repository.nextNumber += 1;
  moved.comments = new Map([...issue.comments].map(([id, comment]) => [id, { ...comment, issue: moved }]));
  repository.issues.set(moved.number, moved);
  return moved;
}
