import { randomBytes } from 'node:crypto';
import type { Token, World } from '../state/world.ts';

export type TokenFormat = 'short' | 'long';

/** Makes up a token of GitHub's shape and remembers what it may do. Returns the token itself. */
export function issueToken(world: World, grant: Omit<Token, 'id' | 'revoked'>, format: TokenFormat): string {
  const id = `token-${world.newId()}`;
  const value = spell(world, grant, format);
  world.tokens.set(value, { ...grant, id, revoked: false });
  return value;
}

function spell(world: World, grant: Omit<Token, 'id' | 'revoked'>, format: TokenFormat): string {
  if (grant.kind === 'user') {
    return `ghp_${letters(36)}`;
  }
  if (format === 'short') {
    return `ghs_${letters(36)}`;
  }
  // The format of 2026: `ghs_APPID_JWT`, about 520 characters with two dots.
  const header = part({ alg: 'RS256', typ: 'JWT', kid: letters(8) });
  const payload = part({ iss: world.app.id, jti: letters(22), exp: grant.expiresAt?.getTime() ?? 0 });
  return `ghs_${world.app.id}_${header}.${payload}.${randomBytes(256).toString('base64url')}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function letters(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
