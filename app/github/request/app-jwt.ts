import { createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** GitHub takes ten minutes at most; one minute in the past forgives a clock that runs ahead. */
const LIFE_SECONDS = 540;
const BACKDATE_SECONDS = 60;

/** Reads the App's private key (PKCS#1 or PKCS#8 PEM, line breaks also as `\n`). Throws when it is none. */
export function readAppKey(privateKey: string): KeyObject {
  const pem = privateKey.replaceAll(String.raw`\n`, '\n');
  try {
    return createPrivateKey(pem);
  } catch {
    // Node blames a valid key for an error that other work left in OpenSSL's queue, and empties the queue by that
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error('The private key of the App cannot be read: a PEM file of an RSA key is expected', {
      cause: error,
    });
  }
}

/** The JSON Web Token with which the App speaks for itself. */
export function createAppJwt(app: { appId: number; key: KeyObject }, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const claims = { iat: seconds - BACKDATE_SECONDS, exp: seconds + LIFE_SECONDS, iss: String(app.appId) };
  const content = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), app.key).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
