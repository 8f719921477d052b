import type { Actor } from '../task/task.ts';
import type { GitHubProblem, GitHubResult } from './github.ts';

const TIMEOUT_MS = 10_000;

/** The web flow by which GitHub tells the App who a person is. */
export interface SignIn {
  /** Where the person is sent. */
  authorizeUrl(request: { state: string; codeChallenge: string; redirectUri: string }): string;
  /** Exchanges the code the person came back with. Nothing of theirs is kept: their token is revoked at once. */
  finish(request: { code: string; codeVerifier: string; redirectUri: string }): Promise<GitHubResult<Actor>>;
}

export interface SignInOptions {
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userAgent: string;
  readonly fetch?: typeof globalThis.fetch;
}

export function createSignIn(options: SignInOptions): SignIn {
  const { apiUrl, clientId, clientSecret, serverUrl } = options;
  const send = options.fetch ?? globalThis.fetch;
  const common = { accept: 'application/json', 'user-agent': options.userAgent };

  async function ask(url: string, init: RequestInit): Promise<GitHubResult<Readonly<Record<string, unknown>>>> {
    try {
      const answer = await send(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = await answer.text();
      if (!answer.ok) {
        const kind = answer.status >= 500 ? 'unavailable' : 'unauthorized';
        return refuse(kind, { status: answer.status, message: `GitHub answered ${answer.status}` });
      }
      const body: unknown = text === '' ? {} : JSON.parse(text);
      return typeof body === 'object' && body !== null
        ? { ok: true, value: body as Record<string, unknown> }
        : refuse('invalid', { status: answer.status, message: 'GitHub answered with something else than an object' });
    } catch {
      return refuse('unavailable', { status: null, message: 'GitHub could not be reached' });
    }
  }

  return {
    authorizeUrl({ codeChallenge, redirectUri, state }) {
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        allow_signup: 'false',
      });
      return `${serverUrl}/login/oauth/authorize?${query}`;
    },

    async finish({ code, codeVerifier, redirectUri }) {
      const exchanged = await ask(`${serverUrl}/login/oauth/access_token`, {
        method: 'POST',
        headers: { ...common, 'content-type': 'application/json' },
        body: JSON.stringify({
          client_id: clientId,
          client_secret: clientSecret,
          code,
          redirect_uri: redirectUri,
          code_verifier: codeVerifier,
        }),
      });
      if (!exchanged.ok) {
        return exchanged;
      }
      const { access_token: token, error } = exchanged.value;
      if (typeof token !== 'string') {
        const reason = typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : 'without a token';
        return refuse('unauthorized', { status: 200, message: `GitHub refused the code (${reason})` });
      }
      const person = await ask(`${apiUrl}/user`, { headers: { ...common, authorization: `Bearer ${token}` } });
      const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
      // Whatever comes of it: an unrevoked token expires by itself, and nothing here knows it any more.
      await ask(`${apiUrl}/applications/${clientId}/token`, {
        method: 'DELETE',
        headers: { ...common, authorization: `Basic ${basic}`, 'content-type': 'application/json' },
        body: JSON.stringify({ access_token: token }),
      });
      if (!person.ok) {
        return person;
      }
      const { id, login } = person.value;
      return typeof id === 'number' && typeof login === 'string'
        ? { ok: true, value: { id, login } }
        : refuse('invalid', { status: 200, message: 'GitHub did not say who that is' });
    },
  };
}

function refuse(
  kind: GitHubProblem['kind'],
  facts: Pick<GitHubProblem, 'status' | 'message'>,
): { readonly ok: false; readonly problem: GitHubProblem } {
  return { ok: false, problem: { kind, ...facts, retryAt: null } };
}
