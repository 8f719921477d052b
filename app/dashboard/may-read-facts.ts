import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

type Asked = Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } };

/** Headers that a proxy adds: then the address of the connection is the proxy's and says nothing about who asks. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto'];

/**
 * Whether a request may read what tasks cost and how many there are: whoever brings the token, as a bearer token or as the
 * password of basic authentication, and without it only this machine itself, not by way of a proxy.
 */
export function mayReadFacts(request: Asked, token: string | null): boolean {
  const said = tokenOf(request.headers.authorization ?? '');
  if (said !== null && token !== null) {
    return isSame(said, token);
  }
  const isForwarded = FORWARDED.some((name) => request.headers[name] !== undefined);
  return !isForwarded && isLoopback(request.socket.remoteAddress ?? '');
}

/** Says how to be let in. */
export function refuseFacts(response: ServerResponse, token: string | null): void {
  const remedy =
    token === null
      ? 'Set BOSUN_METRICS_TOKEN on the server and send it as a bearer token, or ask on the machine itself.'
      : 'Send the value of BOSUN_METRICS_TOKEN as a bearer token, or ask on the machine itself.';
  response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Bearer realm="bosun"' });
  response.end(`${JSON.stringify({ error: 'TOKEN_NEEDED', message: `This shows what tasks cost. ${remedy}` })}\n`);
}

function tokenOf(authorization: string): string | null {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme === '') {
    return null;
  }
  return scheme.toLowerCase() === 'bearer'
    ? value
    : Buffer.from(value, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '');
}

/** In constant time, whatever the lengths. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}
