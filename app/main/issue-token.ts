import { randomBytes } from 'node:crypto';
import type { Redactor } from '../text/redact.ts';

/**
 * The secret of one attempt: 256 random bits. The gate and the log know every token there is by value, so that none
 * leaves in a patch or a line.
 */
export function issueToken(redactor: Pick<Redactor, 'add'>): string {
  const token = randomBytes(32).toString('base64url');
  redactor.add(token);
  return token;
}
