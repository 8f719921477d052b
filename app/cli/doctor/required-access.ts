/** What the App must be allowed, in GitHub's words. `app.yml` asks for the same. */
export const REQUIRED_PERMISSIONS: Readonly<Record<string, 'read' | 'write'>> = {
  checks: 'write',
  contents: 'write',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
};

/** What the App must be told of. */
export const REQUIRED_EVENTS: readonly string[] = [
  'check_run',
  'issue_comment',
  'issues',
  'pull_request_review',
  'pull_request_review_comment',
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
