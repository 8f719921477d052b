import { randomBytes } from 'node:crypto';
import type { Hono } from 'hono';
import { takeStart } from '../../protocol/index.ts';
import { TOKEN_SCOPES } from '../store/access.ts';
import type { DashboardParts, WebContext, WebEnv } from './parts.ts';
import { renderTokens } from './pages/plain-pages.ts';
import { frameOf, readForm, sendForged, sendMissing, sendPage, textOf } from './respond.ts';
import { hashToken } from './sign-in/viewer.ts';

const DAY_MS = 86_400_000;

/** A new token; what begins with `bosun_` is found by scanners of secrets. */
export function makeToken(): { readonly secret: string; readonly sha256: string } {
  const secret = `bosun_${randomBytes(32).toString('base64url')}`;
  return { secret, sha256: hashToken(secret) };
}

/** The page on which people make and revoke their tokens for the API. */
export function addTokenPages(app: Hono<WebEnv>, parts: DashboardParts): void {
  const { clock, newId, stores } = parts;

  async function show(c: WebContext, made: string | null): Promise<Response> {
    const viewer = c.get('viewer');
    const frame = frameOf(viewer, parts);
    const tokens = await stores.access.listTokens({ ownerId: viewer.actor.id, now: clock.now() });
    const content = renderTokens({ tokens, made, formKey: newId(clock.now()) }, frame);
    return sendPage(c, { title: 'Tokens', content, current: '/tokens' }, { frame });
  }

  app.get('/tokens', (c) => show(c, null));

  app.post('/tokens', async (c) => {
    const { actor, by } = c.get('viewer');
    const frame = frameOf(c.get('viewer'), parts);
    // A token makes no tokens, so that it ends when it expires.
    if (by.kind === 'token') {
      return sendMissing(c, frame);
    }
    const form = await readForm(c, parts);
    if (form === null) {
      return sendForged(c, frame);
    }
    const revoked = textOf(form, 'revoke');
    if (revoked !== '') {
      await stores.access.revokeToken({ id: revoked, ownerId: actor.id });
      return c.redirect('/tokens', 303);
    }
    const now = clock.now();
    const days = Math.min(365, Math.max(1, Math.trunc(Number(textOf(form, 'days'))) || 30));
    const { secret, sha256 } = makeToken();
    await stores.access.createToken({
      id: newId(now),
      sha256,
      owner: actor,
      name: takeStart(textOf(form, 'name').trim(), 60) || 'token',
      scope: TOKEN_SCOPES.find((scope) => scope === textOf(form, 'scope')) ?? 'read',
      createdAt: now,
      expiresAt: new Date(now.getTime() + days * DAY_MS),
    });
    return show(c, secret);
  });
}
