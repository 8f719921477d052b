import { expect, test } from 'vitest';
import { makeToken } from '../../app/dashboard/token-routes.ts';
import { withDashboards, type DashboardWorld } from './dashboard-world.ts';

const open = withDashboards();
const ID = '01KAH3M8RZ0W6Y2F4T5N7Q9XCD';

const READS = [
  `/tasks/${ID}`,
  `/tasks/${ID}/files/1/agent.log`,
  `/live/tasks/${ID}`,
  `/api/v1/tasks/${ID}`,
  `/api/v1/tasks/${ID}/events`,
  `/api/v1/tasks/${ID}/logs/agent`,
] as const;
const OPERATORS = ['/deliveries', '/settings'] as const;

/** A task in repository 1 that has run once, of which teo may read and mira write; the stranger writes in repository 2. */
async function stage(): Promise<DashboardWorld> {
  const world = await open();
  await world.admit(ID);
  await world.stores.tasks.claim({
    owner: 'test',
    now: world.time.now,
    leaseMs: 1_000,
    limits: {
      concurrency: { repository: 9, user: 9, server: 9 },
      budgets: { timeZone: 'UTC', serverDayNano: null, repositoryDayNano: null, repositoryMonthNano: null },
    },
  });
  await world.artifacts.append(`${ID}/1/agent.log`, Buffer.from('it thinks\n'));
  world.roles.set('teo/1', 'read');
  world.roles.set('mira/1', 'write');
  world.roles.set('stranger/2', 'admin');
  return world;
}

async function statusOf(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}

test('every page and answer about a task is there for who may read it, and for nobody else', async () => {
  const world = await stage();
  const cookies = {
    anonymous: '',
    stranger: await world.signIn('stranger'),
    reader: await world.signIn('teo'),
    writer: await world.signIn('mira'),
    operator: await world.signIn('boss'),
  };
  for (const path of READS) {
    const statuses: Record<string, number> = {};
    for (const [who, cookie] of Object.entries(cookies)) {
      statuses[who] = await statusOf(await world.get(path, cookie));
    }
    expect([path, statuses]).toEqual([
      path,
      { anonymous: 401, stranger: 404, reader: 200, writer: 200, operator: 200 },
    ]);
  }
  for (const path of OPERATORS) {
    const statuses = await Promise.all(Object.values(cookies).map(async (one) => statusOf(await world.get(path, one))));
    expect([path, statuses]).toEqual([path, [401, 404, 404, 404, 200]]);
  }
});

test('lists, counts, budgets and usage have nothing of repositories one may not see', async () => {
  const world = await stage();
  const stranger = await world.signIn('stranger');
  for (const path of [
    '/',
    '/tasks',
    '/tasks?repository=1',
    '/usage',
    '/api/v1/tasks',
    '/api/v1/repositories',
    '/api/v1/usage?by=repository',
  ]) {
    const text = await (await world.get(path, stranger)).text();
    expect([path, text.includes('The total is wrong'), text.includes('repository-1')]).toEqual([path, false, false]);
  }
  expect(await (await world.get('/tasks', await world.signIn('teo'))).text()).toContain('The total is wrong');
});

test('only who may write changes a task, from a form of their own', async () => {
  const world = await stage();
  const [reader, writer] = [await world.signIn('teo'), await world.signIn('mira')];
  const stop = async () => (await world.stores.tasks.find(ID))?.stop ?? null;
  const act = async (cookie: string, form_token: string) =>
    statusOf(await world.post(`/tasks/${ID}`, { form_token, key: 'k1', action: 'cancel' }, cookie));
  expect(await act('', '')).toBe(401);
  expect(await act(await world.signIn('stranger'), '')).toBe(404);
  expect(await act(reader, await world.formToken(reader))).toBe(409);
  expect(await act(writer, '')).toBe(403);
  expect(await act(writer, await world.formToken(reader))).toBe(403);
  expect(await stop()).toBeNull();
  const foreign = await fetch(`${world.url}/tasks/${ID}`, {
    method: 'POST',
    headers: { cookie: writer, origin: 'https://evil.example' },
    body: new URLSearchParams({ form_token: await world.formToken(writer), action: 'cancel' }),
  });
  expect(foreign.status).toBe(403);
  expect(await stop()).toBeNull();
  expect(await act(writer, await world.formToken(writer))).toBe(303);
  expect(await stop()).toMatchObject({ kind: 'cancel', by: { login: 'mira' } });
});

test('a right that GitHub takes back ends pages within a minute, and live streams, too', async () => {
  const world = await stage();
  const reader = await world.signIn('teo');
  const stream = await world.get(`/live/tasks/${ID}`, reader);
  world.roles.delete('teo/1');
  expect((await world.get(`/tasks/${ID}`, reader)).status).toBe(200);
  world.time.now = new Date(world.time.now.getTime() + 60_000);
  expect((await world.get(`/tasks/${ID}`, reader)).status).toBe(404);
  world.tell(ID);
  expect(await stream.text()).toContain('event: end');
});

test('while GitHub does not answer nothing is shown, and it says so', async () => {
  const world = await stage();
  const reader = await world.signIn('teo');
  world.roles.set('teo/1', 'unavailable');
  const page = await world.get(`/tasks/${ID}`, reader);
  expect(page.status).toBe(503);
  expect(await page.text()).toContain('GitHub does not answer');
  world.roles.set('teo/1', 'read');
  expect((await world.get(`/tasks/${ID}`, reader)).status).toBe(200);
});

test('a token of the API does what its scope and its owner may, until it expires or is revoked', async () => {
  const world = await stage();
  const mira = world.github.world.users.get('mira') ?? expect.unreachable();
  const make = async (id: string, scope: 'read' | 'act') => {
    const { secret, sha256 } = makeToken();
    const createdAt = world.time.now;
    const expiresAt = new Date(createdAt.getTime() + 3_600_000);
    const owner = { id: mira.id, login: mira.login };
    await world.stores.access.createToken({ id, sha256, owner, name: id, scope, createdAt, expiresAt });
    return secret;
  };
  const [read, write] = [await make('one', 'read'), await make('two', 'act')];
  const ask = (path: string, token: string, init: RequestInit = {}) =>
    fetch(`${world.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
  const cancel = (token: string, key: string, body: object = { action: 'cancel' }) =>
    ask(`/api/v1/tasks/${ID}/actions`, token, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
  const list = await ask('/api/v1/tasks', read);
  expect(await list.json()).toMatchObject({ tasks: [{ id: ID, state: 'HYDRATING' }], next_cursor: null });
  const tagged = await ask('/api/v1/tasks', read, { headers: { 'if-none-match': list.headers.get('etag') ?? '' } });
  expect(tagged.status).toBe(304);
  expect(await (await cancel(read, 'a')).json()).toMatchObject({ status: 403, code: 'NOT_ALLOWED' });
  expect(await (await cancel(write, 'a', { action: 'explode' })).json()).toMatchObject({ status: 400 });
  const first = await cancel(write, 'b');
  const answer = await first.json();
  expect(answer).toMatchObject({ code: 'cancel_requested', task: { stop_requested: { kind: 'cancel', by: 'mira' } } });
  expect(await (await cancel(write, 'b')).json()).toEqual(answer);
  expect((await cancel(write, 'b', { action: 'pause' })).status).toBe(422);
  const text = await ask(`/api/v1/tasks/${ID}/actions`, write, { method: 'POST', body: '{"action":"pause"}' });
  expect(text.status).toBe(415);
  expect((await ask('/api/v1/tasks?cursor=x', read)).status).toBe(400);
  expect((await ask('/api/v1/tasks?limit=0', read)).headers.get('content-type')).toBe('application/problem+json');
  expect((await ask('/api/v1/nothing', read)).status).toBe(404);
  expect((await ask('/api/v1/tasks', `${read}x`)).status).toBe(401);
  await world.stores.access.revokeToken({ id: 'one', ownerId: mira.id });
  expect((await ask('/api/v1/tasks', read)).status).toBe(401);
  world.time.now = new Date(world.time.now.getTime() + 3_600_000);
  expect((await ask('/api/v1/tasks', write)).status).toBe(401);
});

test('text by others is text on every page', async () => {
  const world = await open({ BOSUN_DASHBOARD: 'local' });
  const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u001b]0;x\u0007'&`;
  await world.admit(ID, {
    text: {
      title: evil,
      body: evil,
      author: { id: 1, login: evil },
      request: evil,
      sha256: 'aa',
      at: world.time.now,
      throughCommentId: null,
    },
    trigger: { kind: 'comment', commentId: 1, url: 'javascript:alert(1)' },
    branch: evil,
  });
  await world.artifacts.append(`${ID}/1/agent.log`, Buffer.from(evil));
  for (const path of [
    '/',
    '/tasks',
    `/tasks?q=${encodeURIComponent(evil)}`,
    `/tasks?person=${encodeURIComponent(evil.slice(0, 30))}`,
    `/tasks/${ID}`,
    '/usage',
    `/tasks/${ID}/files/1/agent.log`,
  ]) {
    const page = await world.get(path);
    const text = await page.text();
    expect([path, page.status]).toEqual([path, 200]);
    for (const forbidden of ['<script>', '<img', 'href="javascript', '\u202e', '\u001b']) {
      expect([path, forbidden, text.includes(forbidden)]).toEqual([path, forbidden, false]);
    }
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  }
});
