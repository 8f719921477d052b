import { verifyWithFallback } from '@octokit/webhooks-methods';

/** Whether a header can be a signature at all, before there is anything to check it against. */
export function isSignature(header: string | undefined): header is string {
  return header !== undefined && /^sha256=[0-9a-f]{64}$/.test(header);
}

/** Checks `X-Hub-Signature-256` over the body against each secret; two are accepted while one replaces the other. */
export async function verifySignature(body: Buffer, header: string, secrets: readonly string[]): Promise<boolean> {
  const [current, ...former] = secrets;
  if (current === undefined || body.length === 0) {
    return false;
  }
  // GitHub sends UTF-8. Bytes that are none do not come back from a string as they were, and fail the check.
  return verifyWithFallback(current, body.toString('utf8'), header, former);
}
