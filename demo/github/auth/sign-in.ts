import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Reply } from '../http/exchange.ts';
import { readBody } from '../http/read-body.ts';
import type { RequestRecord } from '../http/request-log.ts';
import { escapeHtml } from '../pages/markdown.ts';
import { layout } from '../pages/layout.ts';
import { findUser } from '../state/find.ts';
import type { World } from '../state/world.ts';
import { issueToken } from './issue-token.ts';

const CODE_LIFE_MS = 10 * 60_000;
const TOKEN_LIFE_MS = 8 * 3_600_000;
const FAILED = 'The code passed is incorrect or expired.';

/** Whether this is a request of the web flow, by which people sign in to the app. */
export function isSignIn({ path }: RequestRecord): boolean {
  return path.startsWith('/login/oauth/') || path.startsWith('/applications/');
}

/**
 * The web flow of GitHub: a page where a person allows the app to know who they are, the exchange of its code, and the
 * end of the token. Nobody has a password here, so the page asks who one is.
 */
export async function serveSignIn(
  world: World,
  { request, record }: { request: IncomingMessage; record: RequestRecord },
): Promise<Reply> {
  const route = `${record.method} ${record.path}`;
  if (route === 'GET /login/oauth/authorize') {
    return authorize(world, new URLSearchParams(record.query));
  }
  const body = readFields((await readBody(request)).toString('utf8'), request.headers['content-type'] ?? '');
  if (route === 'POST /login/oauth/access_token') {
    return exchange(world, body);
  }
  if (route === `DELETE /applications/${world.app.clientId}/token`) {
    return revoke(world, { request, token: body.get('access_token') ?? '' });
  }
  return { status: 404, body: { message: 'Not Found' } };
}

function authorize(world: World, query: URLSearchParams): Reply {
  const redirectUri = query.get('redirect_uri') ?? '';
  if (query.get('client_id') !== world.app.clientId || !URL.canParse(redirectUri)) {
    return layout({ title: 'Not here', content: '<h1>There is no such App</h1>', status: 404 });
  }
  const user = findUser(world, query.get('as') ?? '');
  if (!user) {
    const people = [...world.users.values()].filter(({ type }) => type === 'User');
    const links = people.map(({ login }) => {
      const next = new URLSearchParams([...query, ['as', login]]);
      return `<p><a href="/login/oauth/authorize?${escapeHtml(next.toString())}">${escapeHtml(login)}</a></p>`;
    });
    return layout({
      title: 'Sign in',
      content: `<h1>Sign in to ${escapeHtml(world.app.name)} as</h1>${links.join('')}`,
    });
  }
  const code = randomBytes(10).toString('hex');
  const challenge = query.get('code_challenge_method') === 'S256' ? query.get('code_challenge') : null;
  world.signInCodes.set(code, { user, redirectUri, challenge, madeAt: world.now() });
  const target = new URL(redirectUri);
  target.searchParams.set('code', code);
  target.searchParams.set('state', query.get('state') ?? '');
  return { status: 302, body: '', headers: { location: target.href } };
}

/** GitHub answers a refusal with 200 and an `error`, too. */
function exchange(world: World, body: URLSearchParams): Reply {
  const code = body.get('code') ?? '';
  const known = world.signInCodes.get(code);
  world.signInCodes.delete(code);
  if (body.get('client_id') !== world.app.clientId || body.get('client_secret') !== world.app.clientSecret) {
    return refuse('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.');
  }
  if (known === undefined || world.now().getTime() - known.madeAt.getTime() > CODE_LIFE_MS) {
    return refuse('bad_verification_code', FAILED);
  }
  if (known.redirectUri !== body.get('redirect_uri')) {
    return refuse('redirect_uri_mismatch', 'The redirect_uri MUST match the registered callback URL.');
  }
  const challenge = createHash('sha256')
    .update(body.get('code_verifier') ?? '')
    .digest('base64url');
  if (known.challenge !== null && known.challenge !== challenge) {
    return refuse('bad_verification_code', FAILED);
  }
  const grant = {
    kind: 'user' as const,
    user: known.user,
    installation: null,
    repositories: null,
    permissions: {},
    expiresAt: new Date(world.now().getTime() + TOKEN_LIFE_MS),
  };
  const token = issueToken(world, grant, 'short');
  return {
    status: 200,
    body: { access_token: token, token_type: 'bearer', scope: '', expires_in: TOKEN_LIFE_MS / 1_000 },
  };
}

function revoke(world: World, { request, token }: { request: IncomingMessage; token: string }): Reply {
  const { clientId, clientSecret } = world.app;
  const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const known = world.tokens.get(token);
  if (request.headers.authorization !== expected || known?.kind !== 'user') {
    return { status: 404, body: { message: 'Not Found' } };
  }
  known.revoked = true;
  return { status: 204 };
}

function refuse(error: string, description: string): Reply {
  return { status: 200, body: { error, error_description: description } };
}

function readFields(text: string, contentType: string): URLSearchParams {
  if (!contentType.includes('json')) {
    return new URLSearchParams(text);
  }
  const value: unknown = JSON.parse(text === '' ? '{}' : text);
  return new URLSearchParams(value as Record<string, string>);
}
