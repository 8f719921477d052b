import { RestError } from '../http/rest-error.ts';
import type { Caller } from '../http/exchange.ts';
import type { World } from '../state/world.ts';
import { verifyAppJwt } from './app-jwt.ts';

/** Who sends this `Authorization` header. Unknown, expired and revoked credentials are 401, never anonymous. */
export function authenticate(world: World, authorization: string | undefined): Caller {
  if (!authorization) {
    return { kind: 'anonymous' };
  }
  const credential = credentialIn(authorization);
  if (isJwt(credential)) {
    verifyAppJwt(world.app, credential);
    return { kind: 'app' };
  }
  const token = world.tokens.get(credential);
  const isExpired = token?.expiresAt && token.expiresAt <= world.now();
  if (!token || token.revoked || isExpired) {
    throw new RestError(401, 'Bad credentials');
  }
  if (token.installation?.suspendedAt) {
    throw new RestError(403, 'This installation has been suspended');
  }
  if (token.kind === 'installation' && token.installation && !world.installations.has(token.installation.id)) {
    throw new RestError(401, 'Bad credentials');
  }
  return { kind: 'token', token };
}

function credentialIn(authorization: string): string {
  const [scheme = '', value = ''] = authorization.trim().split(/\s+/, 2);
  if (scheme.toLowerCase() !== 'basic') {
    return value;
  }
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  // git sends `x-access-token:TOKEN`; curl -u TOKEN: puts it first.
  return pair.slice(colon + 1) || pair.slice(0, colon);
}

function isJwt(credential: string): boolean {
  return credential.split('.').length === 3 && !credential.startsWith('gh');
}
