import { createVerify } from 'node:crypto';
import { RestError } from '../http/rest-error.ts';
import type { App } from '../state/world.ts';

const MAX_LIFE_SECONDS = 600;
const SKEW_SECONDS = 60;

/**
 * Checks an App's JSON Web Token as GitHub does: RS256, `iss` is the app id or client id, `exp` at most ten minutes
 * ahead. Real time counts here, not the settable clock: the client signs with the machine's clock.
 */
export function verifyAppJwt(app: App, jwt: string): void {
  const [head = '', payload = '', signature = '', ...rest] = jwt.split('.');
  const header = parsePart(head);
  const claims = parsePart(payload);
  if (!header || !claims || rest.length > 0 || header['alg'] !== 'RS256') {
    throw new RestError(401, 'A JSON web token could not be decoded');
  }
  const issuer = String(claims['iss']);
  if (issuer !== String(app.id) && issuer !== app.clientId) {
    throw new RestError(404, 'Integration not found');
  }
  const verifier = createVerify('RSA-SHA256').update(`${head}.${payload}`);
  if (!verifier.verify(app.publicKey, signature, 'base64url')) {
    throw new RestError(401, 'A JSON web token could not be decoded');
  }
  checkTimes(claims, Math.floor(Date.now() / 1000));
}

function checkTimes(claims: Record<string, unknown>, nowSeconds: number): void {
  const { exp, iat } = claims;
  if (typeof exp !== 'number' || exp <= nowSeconds) {
    throw new RestError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > nowSeconds + MAX_LIFE_SECONDS + SKEW_SECONDS) {
    throw new RestError(401, "'Expiration time' claim ('exp') is too far in the future");
  }
  if (typeof iat !== 'number' || iat > nowSeconds + SKEW_SECONDS) {
    throw new RestError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
}

function parsePart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: the caller answers 401.
    return undefined;
  }
}
