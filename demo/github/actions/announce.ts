import { issueJson, labelJson } from '../json/issue-json.ts';
import { isPull, pullJson } from '../json/pull-json.ts';
import type { Issue, Label, User, World } from '../state/world.ts';

interface Announcement {
  action: string;
  sender: User;
  more?: Record<string, unknown>;
}

/** Tells the app about an issue with an `issues` webhook. */
export function emitIssue(world: World, issue: Issue, { action, sender, more = {} }: Announcement): void {
  const { repository } = issue;
  world.emit({ event: 'issues', action, repository, sender, payload: { issue: issueJson(world, issue), ...more } });
}

/** Tells the app about a pull request with a `pull_request` webhook. */
export function emitPull(world: World, issue: Issue, { action, sender, more = {} }: Announcement): void {
  if (!isPull(issue)) {
    return;
  }
  const { repository, number } = issue;
  const payload = pullJson(world, issue).then((pull) => ({ number, pull_request: pull, ...more }));
  world.emit({ event: 'pull_request', action, repository, sender, payload });
}

export function emitLabel(world: World, issue: Issue, event: { action: string; label: Label; sender: User }): void {
  const label = labelJson(world, issue.repository, event.label);
  const announcement = { action: event.action, sender: event.sender, more: { label } };
  if (issue.pull) {
    emitPull(world, issue, announcement);
    return;
  }
  emitIssue(world, issue, announcement);
}
