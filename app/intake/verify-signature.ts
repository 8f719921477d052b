import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether a header can be a signature at all, before there is anything to check it against. */
export function isSignature(header: string | undefined): header is string {
  return header !== undefined && /^sha256=[0-9a-f]{64}$/i.test(header);
}

/**
 * Checks `X-Hub-Signature-256` (`sha256=<hex>`) over the raw bytes against each secret; two are in force while
 * rotating. Every secret is tried, and each comparison takes the same time whatever it finds.
 */
export function verifySignature(body: Uint8Array, header: string, secrets: readonly string[]): boolean {
  if (!isSignature(header)) {
    return false;
  }
  const given = Buffer.from(header.slice('sha256='.length), 'hex');
  let matches = false;
  for (const secret of secrets) {
    const wanted = createHmac('sha256', secret).update(body).digest();
    matches = timingSafeEqual(given, wanted) || matches;
  }
  return matches;
}
