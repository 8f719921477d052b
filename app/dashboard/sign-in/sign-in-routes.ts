import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { renderProblem } from '../pages/plain-pages.ts';
import type { DashboardParts, WebContext, WebEnv } from '../parts.ts';
import { frameOf, readForm, sendForged, sendPage } from '../respond.ts';
import { isEqual } from './sealed.ts';
import { localPath, SESSION_MS } from './session.ts';

/** The names say `__Host-` where the server is reached over TLS: then no other host and no plain page can set them. */
export function cookieNames(publicUrl: string | null): { readonly session: string; readonly signIn: string } {
  const prefix = isSecure(publicUrl) ? '__Host-' : '';
  return { session: `${prefix}bosun_session`, signIn: `${prefix}bosun_sign_in` };
}

export function isSecure(publicUrl: string | null): boolean {
  return publicUrl?.startsWith('https:') === true;
}

/** `/login`, `/login/callback` and `/logout`. */
export function addSignIn(app: Hono<WebEnv>, parts: DashboardParts): void {
  const { log, sessions, signIn } = parts;
  const { publicUrl } = parts.config.http;
  const names = cookieNames(publicUrl);
  const cookie = { path: '/', httpOnly: true, sameSite: 'Lax', secure: isSecure(publicUrl) } as const;

  function callbackUrl(c: WebContext): string {
    return `${publicUrl ?? `http://${c.req.header('host') ?? ''}`}/login/callback`;
  }

  function refuse(c: WebContext, detail: string): Promise<Response> {
    const title = 'You are not signed in';
    return sendPage(
      c,
      { title, content: renderProblem({ title, detail }) },
      { frame: frameOf(null, parts), status: 401 },
    );
  }

  app.get('/login', async (c) => {
    if (signIn === null) {
      return refuse(c, 'Signing in with GitHub is not set up on this server.');
    }
    const { cookie: value, pending } = sessions.beginSignIn(c.req.query('to') ?? '/');
    setCookie(c, names.signIn, value, { ...cookie, maxAge: 600 });
    const codeChallenge = createHash('sha256').update(pending.verifier).digest('base64url');
    return c.redirect(signIn.authorizeUrl({ state: pending.state, codeChallenge, redirectUri: callbackUrl(c) }));
  });

  app.get('/login/callback', async (c) => {
    const pending = sessions.readSignIn(getCookie(c, names.signIn));
    deleteCookie(c, names.signIn, cookie);
    const { code, state } = c.req.query();
    // A link that somebody else made carries no state of this browser.
    if (signIn === null || pending === null || state === undefined || !isEqual(state, pending.state)) {
      return refuse(c, 'This sign-in was not started in this browser, or more than ten minutes ago. Start it again.');
    }
    if (code === undefined || code === '') {
      return refuse(c, 'GitHub did not confirm who you are.');
    }
    const person = await signIn.finish({ code, codeVerifier: pending.verifier, redirectUri: callbackUrl(c) });
    if (!person.ok) {
      log.warn('Somebody could not sign in', { problem: person.problem.kind, message: person.problem.message });
      return refuse(c, `GitHub did not confirm who you are: ${person.problem.message}. Try again.`);
    }
    const { cookie: value } = sessions.begin(person.value);
    setCookie(c, names.session, value, { ...cookie, maxAge: SESSION_MS / 1_000 });
    return c.redirect(localPath(pending.returnTo));
  });

  app.post('/logout', async (c) => {
    const form = await readForm(c, parts);
    if (form === null) {
      return sendForged(c, frameOf(c.get('viewer'), parts));
    }
    deleteCookie(c, names.session, cookie);
    return c.redirect('/', 303);
  });
}
