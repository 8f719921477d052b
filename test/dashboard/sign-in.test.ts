import { expect, test } from 'vitest';
import { localPath } from '../../app/dashboard/sign-in/session.ts';
import { cookieOf, withDashboards } from './dashboard-world.ts';

const open = withDashboards();

test('a person signs in with GitHub, sees who they are, and signs out', async () => {
  const world = await open();
  expect(await (await world.get('/')).text()).toContain('Sign in with GitHub');
  const cookie = await world.signIn('mira');
  const page = await world.get('/', cookie);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<bdi>mira</bdi>');
  // Nobody keeps the person's own token.
  expect([...world.github.world.tokens.values()].map(({ revoked }) => revoked)).toEqual([true]);
  const form_token = await world.formToken(cookie);
  const out = await world.post('/logout', { form_token }, cookie);
  expect(out.status).toBe(303);
  expect(out.headers.getSetCookie().join()).toMatch(/bosun_session=;.*Max-Age=0/i);
});

test('the cookie of a session is HttpOnly, bound to this site, and over TLS to this host', async () => {
  const world = await open({ BOSUN_URL: 'https://bosun.example.com' });
  const start = await world.get('/login');
  expect(start.headers.getSetCookie()[0]).toMatch(
    /^__Host-bosun_sign_in=\S+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const target = new URL(start.headers.get('location') ?? '');
  expect(target.origin).toBe(world.github.url);
  expect(target.searchParams.get('redirect_uri')).toBe('https://bosun.example.com/login/callback');
  expect(target.searchParams.get('code_challenge_method')).toBe('S256');
  expect(start.headers.get('strict-transport-security')).toBe('max-age=31536000');
});

test('a code that was made for somebody else signs nobody in', async () => {
  const world = await open();
  // The attacker begins, and stops before the callback: the link carries the attacker's code.
  const begun = await world.get('/login');
  const asked = await fetch(`${begun.headers.get('location') ?? ''}&as=stranger`, { redirect: 'manual' });
  const link = new URL(asked.headers.get('location') ?? '');
  const path = `${link.pathname}${link.search}`;
  const victim = await world.get(path);
  expect(victim.status).toBe(401);
  expect(victim.headers.getSetCookie().join()).not.toContain('bosun_session');
  // The victim's own pending sign-in has another state.
  const pending = cookieOf(await world.get('/login'));
  expect((await world.get(path, pending)).status).toBe(401);
});

test('a code counts once, for ten minutes, and with its verifier', async () => {
  const world = await open();
  const start = await world.get('/login');
  const pending = cookieOf(start);
  const asked = await fetch(`${start.headers.get('location') ?? ''}&as=mira`, { redirect: 'manual' });
  const link = new URL(asked.headers.get('location') ?? '');
  const path = `${link.pathname}${link.search}`;
  world.github.world.signInCodes.set('planted', {
    user: world.github.world.users.get('boss') ?? expect.unreachable(),
    redirectUri: `${world.url}/login/callback`,
    challenge: 'of another browser',
    madeAt: new Date(),
  });
  const swapped = `${link.pathname}?state=${link.searchParams.get('state') ?? ''}&code=planted`;
  expect((await world.get(swapped, pending)).status).toBe(401);
  expect((await world.get(path, pending)).status).toBe(302);
  const again = await world.get(path, pending);
  expect(again.status).toBe(401);
  expect(await again.text()).toContain('bad_verification_code');
  world.time.now = new Date(world.time.now.getTime() + 11 * 60_000);
  expect(await (await world.get(path, pending)).text()).toContain('more than ten minutes ago');
});

test('GitHub being away is said, and signs nobody in', async () => {
  const world = await open();
  world.github.faults.add({ path: '/login/oauth/access_token', status: 502 });
  expect(await world.signIn('mira')).not.toContain('bosun_session');
});

test('a session is new with each sign-in, ends after eight hours, and cannot be made up', async () => {
  const world = await open();
  const [one, two] = [await world.signIn('mira'), await world.signIn('mira')];
  expect(one).not.toBe(two);
  const status = async (cookie: string) => (await world.get('/tasks', cookie)).status;
  expect(await status(one)).toBe(200);
  const [name = '', value = ''] = one.split('=');
  const [payload = '', mark = ''] = value.split('.');
  const forged = Buffer.from(
    JSON.stringify({ id: 'x', person: { id: 1, login: 'boss' }, until: Number.MAX_SAFE_INTEGER }),
  ).toString('base64url');
  const pending = cookieOf(await world.get('/login')).split('=')[1] ?? '';
  for (const bad of [`${forged}.${mark}`, `${payload}.`, `${payload}.${mark}x`, payload, '', '.', 'é.é', pending]) {
    expect(await status(`${name}=${encodeURIComponent(bad)}`)).toBe(401);
  }
  world.time.now = new Date(world.time.now.getTime() + 8 * 3_600_000);
  expect(await status(one)).toBe(401);
});

test.each([
  ['/tasks?state=running', '/tasks?state=running'],
  ['/', '/'],
  ['', '/'],
  ['https://evil.example', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/tasks\\..\\x', '/'],
  ['javascript:alert(1)', '/'],
  ['/a\u202e', '/'],
])('after the sign-in %j leads to %j', (asked, expected) => {
  expect(localPath(asked)).toBe(expected);
});

test('BOSUN_DASHBOARD=local lets this machine in as the operator, and nobody from elsewhere', async () => {
  const world = await open({ BOSUN_DASHBOARD: 'local' });
  expect(await (await world.get('/')).text()).toContain('the operator');
  const from = async (headers: Record<string, string>) => {
    const { request } = await import('node:http');
    return new Promise<number | undefined>((resolve, reject) => {
      request(world.url, { headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
  };
  expect(await from({ host: 'localhost:3000' })).toBe(200);
  expect(await from({ host: 'evil.example' })).toBe(403);
  expect(await from({ host: 'localhost.evil.example' })).toBe(403);
  expect(await from({ 'x-forwarded-for': '203.0.113.9' })).toBe(403);
});
