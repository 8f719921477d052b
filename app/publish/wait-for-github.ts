/** How publishing ends for now, when GitHub's replication lag is the likely reason. */
export function waitForGitHub(what: string): { kind: 'wait'; note: string; retryAt: null } {
  return { kind: 'wait', note: `GitHub does not show ${what} yet`, retryAt: null };
}
