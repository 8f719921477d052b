import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { DoorSession } from '../store/stores.ts';
import type { Log } from '../task/ports/log.ts';
import type { DoorAttempts } from './door-options.ts';
import { refuse } from './refusal.ts';
import type { Checked } from './refusal.ts';

const MAX_TOKEN_LENGTH = 512;

/**
 * Whose request this is. The token is looked up by its hash, so the store never sees it. Fails closed: without a store
 * there is no answer but 503.
 */
export async function authenticate(
  headers: IncomingHttpHeaders,
  { attempts, log }: { attempts: Pick<DoorAttempts, 'findByToken'>; log: Log },
): Promise<Checked<DoorSession>> {
  const token = readToken(headers);
  if (token === null) {
    return refuse('UNKNOWN_TOKEN', 'Send the token of the attempt as Authorization: Bearer, Basic or x-api-key.');
  }
  let session: DoorSession | null;
  try {
    session = await attempts.findByToken(createHash('sha256').update(token).digest('hex'));
  } catch (error) {
    return storeUnavailable(log, error);
  }
  if (session === null) {
    return refuse(
      'UNKNOWN_TOKEN',
      'This token belongs to no attempt. The job file of the attempt contains the valid one.',
    );
  }
  return session.current ? { ok: true, value: session } : refuseStale();
}

export function refuseStale(): ReturnType<typeof refuse> {
  return refuse('STALE_EPOCH', 'This attempt has ended and another may have replaced it. Stop working.');
}

export function storeUnavailable(log: Log, error: unknown): ReturnType<typeof refuse> {
  log.error('door: the store did not answer', { err: error });
  return refuse('STORE_UNAVAILABLE', 'The database does not answer, so nothing may be spent. Try again shortly.', 5);
}

/** The token of a request, in any of the three styles; for Basic it is the password, as git sends it. */
export function readToken(headers: IncomingHttpHeaders): string | null {
  const authorization = headers.authorization;
  if (authorization !== undefined) {
    const [scheme = '', rest = ''] = authorization.split(/ +/, 2);
    if (scheme.toLowerCase() === 'bearer') {
      return acceptToken(rest);
    }
    if (scheme.toLowerCase() === 'basic') {
      const pair = Buffer.from(rest, 'base64').toString('utf8');
      return pair.includes(':') ? acceptToken(pair.slice(pair.indexOf(':') + 1)) : null;
    }
    return null;
  }
  const apiKey = headers['x-api-key'];
  return typeof apiKey === 'string' ? acceptToken(apiKey) : null;
}

function acceptToken(token: string): string | null {
  return token.length > 0 && token.length <= MAX_TOKEN_LENGTH ? token : null;
}
