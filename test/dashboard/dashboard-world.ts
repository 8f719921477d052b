import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { ulid } from 'ulid';
import { parseServerConfig } from '../../app/config/server-config.ts';
import { actOnTask } from '../../app/control/act-on-task.ts';
import { createDashboard } from '../../app/dashboard/create-dashboard.ts';
import { createChangeFeed } from '../../app/dashboard/live/change-feed.ts';
import { createRights } from '../../app/dashboard/sign-in/rights.ts';
import { createSealer } from '../../app/dashboard/sign-in/sealed.ts';
import { createSessions } from '../../app/dashboard/sign-in/session.ts';
import { createSignIn } from '../../app/github/sign-in.ts';
import type { GitHubResult, Role } from '../../app/github/github.ts';
import { createMemoryArtifacts } from '../../app/store/artifacts/memory-artifacts.ts';
import type { Artifacts } from '../../app/store/artifacts.ts';
import { createMemoryStores, type MemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { Logger } from '../../app/telemetry/log.ts';
import type { Task } from '../../app/task/task.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { sampleTask } from '../contract/stores/store-harness.ts';

/** A dashboard over stores in memory, and a GitHub that says who may what. */
export interface DashboardWorld {
  readonly url: string;
  readonly stores: MemoryStores;
  readonly artifacts: Artifacts;
  readonly github: LocalGitHub;
  /** Roles by `login/repository id`; absent is none. */
  readonly roles: Map<string, Role | 'unavailable'>;
  readonly time: { now: Date };
  /** A task in the queue. */
  admit(id: string, facts?: Parameters<typeof sampleTask>[1]): Promise<Task>;
  /** Signs in through GitHub's pages; resolves with the cookie. */
  signIn(login: string): Promise<string>;
  get(path: string, cookie?: string): Promise<Response>;
  /** The token of the forms on a page. */
  formToken(cookie?: string): Promise<string>;
  post(path: string, fields: Readonly<Record<string, string>>, cookie?: string): Promise<Response>;
  /** What tells the live pages that a task changed. */
  tell(taskId: string | null): void;
  close(): Promise<void>;
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => SILENT };

export function withDashboards(): (settings?: Readonly<Record<string, string>>) => Promise<DashboardWorld> {
  const open: DashboardWorld[] = [];
  afterEach(async () => {
    for (const world of open.splice(0)) {
      await world.close();
    }
  });
  return async (settings = {}) => {
    const world = await openDashboard(settings);
    open.push(world);
    return world;
  };
}

export async function openDashboard(settings: Readonly<Record<string, string>>): Promise<DashboardWorld> {
  const github = await createLocalGitHub();
  for (const login of ['mira', 'teo', 'stranger', 'boss']) {
    github.createUser({ login });
  }
  const parsed = parseServerConfig({
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: 'a secret of the tests alone',
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.url,
    GITHUB_CLIENT_ID: github.app.clientId,
    GITHUB_CLIENT_SECRET: github.app.clientSecret,
    ANTHROPIC_API_KEY: 'sk-ant-test-key-of-the-tests',
    BOSUN_ADMINS: 'boss',
    ...settings,
  });
  if (!parsed.ok) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  const { config } = parsed;
  const changes = createChangeFeed();
  const stores = createMemoryStores({ notify: ({ id, kind }) => kind !== 'inbox' && changes.tell(id) });
  const artifacts = createMemoryArtifacts();
  const roles = new Map<string, Role | 'unavailable'>();
  const time = { now: new Date('2026-11-21T12:00:00.000Z') };
  const clock = { now: () => time.now };
  const sealer = createSealer(await stores.keys.get('dashboard'));
  const stopping = new AbortController();
  async function fetchRole(repository: { id: number }, user: { login: string }): Promise<GitHubResult<Role>> {
    const role = roles.get(`${user.login}/${repository.id}`) ?? 'none';
    return role === 'unavailable'
      ? { ok: false, problem: { kind: 'unavailable', status: 502, message: 'bad gateway', retryAt: null } }
      : { ok: true, value: role };
  }
  const handle = createDashboard({
    config,
    stores,
    artifacts,
    rights: createRights({ lists: stores.lists, github: () => ({ fetchRole }), clock }),
    sealer,
    sessions: createSessions({ clock, sealer }),
    signIn:
      config.dashboard.oauth === null
        ? null
        : createSignIn({ ...config.dashboard.oauth, ...config.github, userAgent: 'test' }),
    act: (request) => actOnTask(request, { tasks: stores.tasks, server: config, newId: (at) => ulid(at.getTime()) }),
    changes,
    stopped: stopping.signal,
    readReadiness: async () => ({
      ready: true,
      database: 'ok',
      oldestDeliveryMs: null,
      oldestReadyTaskMs: null,
      problem: null,
      notes: [],
    }),
    newId: (at) => ulid(at.getTime()),
    clock,
    log: SILENT,
    version: '9.9.9',
  });
  const server = createServer((request, response) => {
    handle(request, response).then(
      (known) => known || response.writeHead(404).end('not ours'),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const world: DashboardWorld = {
    url,
    stores,
    artifacts,
    github,
    roles,
    time,
    tell: changes.tell,
    async admit(id, facts = {}) {
      const task = sampleTask(id, facts);
      const admitted = await stores.tasks.admit({
        task,
        semanticKey: id,
        now: time.now,
        rate: { perUserPerHour: 1_000 },
        outbox: [],
      });
      if (!admitted.admitted) {
        throw new Error(admitted.why);
      }
      return admitted.task;
    },
    async signIn(login) {
      const start = await fetch(`${url}/login`, { redirect: 'manual' });
      const pending = cookieOf(start);
      const asked = await fetch(`${start.headers.get('location') ?? ''}&as=${login}`, { redirect: 'manual' });
      const back = await fetch(asked.headers.get('location') ?? '', {
        redirect: 'manual',
        headers: { cookie: pending },
      });
      return cookieOf(back);
    },
    get: (path, cookie = '') => fetch(`${url}${path}`, { redirect: 'manual', headers: { cookie } }),
    async formToken(cookie = '') {
      const page = await (await world.get('/tokens', cookie)).text();
      return /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';
    },
    post: (path, fields, cookie = '') =>
      fetch(`${url}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie },
        body: new URLSearchParams(fields),
      }),
    async close() {
      stopping.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await github.close();
    },
  };
  return world;
}

/** The last cookie that an answer sets, as a browser sends it back. */
export function cookieOf(response: Response): string {
  return (response.headers.getSetCookie().at(-1) ?? '').split(';')[0] ?? '';
}
