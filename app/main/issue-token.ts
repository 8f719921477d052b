import { randomBytes } from 'node:crypto';
import type { Redactor } from '../text/redact.ts';

/** More than can be in use at once; the oldest is given up for the newest. */
const REMEMBERED = 500;

/**
 * Makes the secret of an attempt: 256 random bits. The gate and the log know every token in use by value, so that none
 * leaves in a patch or a line.
 */
export function createTokenIssuer(redactor: Pick<Redactor, 'add' | 'forget'>): () => string {
  const issued: string[] = [];
  return function issueToken() {
    const token = randomBytes(32).toString('base64url');
    redactor.add(token);
    issued.push(token);
    if (issued.length > REMEMBERED) {
      redactor.forget(issued.shift() ?? '');
    }
    return token;
  };
}
