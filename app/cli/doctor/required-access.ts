/** What the App must be allowed, in GitHub's words. `app.yml` asks for the same. */
export const REQUIRED_PERMISSIONS: Readonly<Record<string, 'read' | 'write'>> = {
  actions: 'read',
  checks: 'write',
  contents: 'write',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'read',
};

/** What is lost without those that Bosun can do without. */
export const LOST_WITHOUT: Readonly<Record<string, string>> = {
  'actions: read': '`/fix` does not see the logs of failing jobs',
  'statuses: read': '`/fix` does not see failing commit statuses',
  check_suite: '`auto_fix` does not hear of failing check runs',
  status: '`auto_fix` does not hear of failing commit statuses',
};

/** What the App must be told of. */
export const REQUIRED_EVENTS: readonly string[] = [
  'check_run',
  'check_suite',
  'issue_comment',
  'issues',
  'pull_request_review',
  'pull_request_review_comment',
  'status',
];

export interface GrantedAccess {
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}

const RANKS = ['none', 'read', 'write', 'admin'];

/** The permissions (`contents: write`) and events that are missing. */
export function findMissingAccess(granted: GrantedAccess): { permissions: string[]; events: string[] } {
  const permissions = Object.entries(REQUIRED_PERMISSIONS)
    .filter(([name, needed]) => rankOf(granted.permissions[name]) < rankOf(needed))
    .map(([name, needed]) => `${name}: ${needed}`);
  return { permissions, events: REQUIRED_EVENTS.filter((event) => !granted.events.includes(event)) };
}

function rankOf(level: string | undefined): number {
  return RANKS.indexOf(level ?? 'none');
}
