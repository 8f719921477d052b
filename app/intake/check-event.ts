/**
 * The event name comes in a header that GitHub's signature does not cover, so a signed body could be replayed under
 * another name. Each event we route names the keys its body must and must not have at the top level.
 */
const SHAPES: Readonly<Record<string, { readonly needs: readonly string[]; readonly forbids: readonly string[] }>> = {
  issue_comment: { needs: ['action', 'comment', 'issue', 'repository', 'sender'], forbids: [] },
  issues: { needs: ['action', 'issue', 'repository', 'sender'], forbids: ['comment'] },
  pull_request: { needs: ['action', 'pull_request', 'repository', 'sender'], forbids: ['comment', 'review'] },
  pull_request_review_comment: {
    needs: ['action', 'comment', 'pull_request', 'repository', 'sender'],
    forbids: ['issue'],
  },
  pull_request_review: {
    needs: ['action', 'review', 'pull_request', 'repository', 'sender'],
    forbids: ['issue', 'comment'],
  },
  check_run: { needs: ['action', 'check_run', 'repository', 'sender'], forbids: ['issue'] },
  installation: { needs: ['action', 'installation', 'sender'], forbids: ['issue', 'comment', 'pull_request'] },
  installation_repositories: { needs: ['action', 'installation', 'sender'], forbids: ['issue', 'comment'] },
  ping: { needs: ['zen'], forbids: ['action', 'issue', 'comment'] },
};

/** Event names are short and plain; anything else is not GitHub's. */
export function isEventName(name: string): boolean {
  return /^[a-z][a-z0-9_]{0,63}$/.test(name);
}

/** Whether a body with these top-level keys can be what the header says. Events that are not routed always pass. */
export function eventFitsBody(event: string, keys: ReadonlySet<string>): boolean {
  const shape = SHAPES[event];
  if (shape === undefined) {
    return true;
  }
  return shape.needs.every((key) => keys.has(key)) && !shape.forbids.some((key) => keys.has(key));
}
