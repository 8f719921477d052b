import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProbes } from '../../app/dashboard/create-probes.ts';
import { createReadiness, type Readiness } from '../../app/dashboard/health.ts';
import type { Database } from '../../app/store/database.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import { migrate } from '../../app/store/postgres/migrate.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import { startThrowawayServer } from '../support/throwaway-server.ts';

const MOST = 2;

let postgres: Awaited<ReturnType<typeof startThrowawayServer>>;
let database: Database;
let server: Server;
let url: string;

beforeAll(async () => {
  postgres = await startThrowawayServer();
  database = await createPostgresDatabase({ connection: postgres.connectionTo(null), maxConnections: MOST });
  await migrate(database);
  const readReadiness = createReadiness({
    ...createPostgresStores({ database }),
    clock: { now: () => new Date() },
    pool: () => database.pool(),
    readNotices: () => ({ problem: null, notes: [] }),
  });
  const renderMetrics = async () => ({ contentType: 'text/plain', body: '' });
  const probes = createProbes({ readReadiness, renderMetrics, version: 'test', metricsToken: null });
  server = createServer((request, response) => void probes(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await database.close();
  await postgres.stop();
});

async function ask(path: string): Promise<{ status: number; ms: number; body: Partial<Readiness> }> {
  const startedAt = performance.now();
  const response = await fetch(`${url}${path}`);
  const body = (await response.json()) as Partial<Readiness>;
  return { status: response.status, ms: performance.now() - startedAt, body };
}

async function expectReady(): Promise<void> {
  await expect.poll(async () => (await ask('/readyz')).status, { timeout: 20_000 }).toBe(200);
}

test('is ready while the database answers', async () => {
  expect(await ask('/readyz')).toMatchObject({ status: 200, body: { ready: true, database: 'ok', problem: null } });
});

test('reports in time that every connection is busy, and queues no further queries meanwhile', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const taken = Array.from({ length: MOST }, () => Promise.withResolvers<void>());
  const holders = taken.map(({ resolve }) =>
    database.transaction(async (tx) => {
      await tx.query({ text: 'select 1' });
      resolve();
      await held;
    }),
  );
  await Promise.all(taken.map(({ promise }) => promise));
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask('/readyz')));
  const problem = 'all 2 connections to the database are busy, and 2 requests wait for one';
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 503, body: { ready: false, database: 'unavailable', problem } });
    expect(answer.ms).toBeLessThan(3_500);
  }
  expect((await ask('/healthz')).status).toBe(200);
  release();
  await Promise.all(holders);
  await expectReady();
});

test('reports in time that the database does not answer over connections that seem healthy', async () => {
  const backends = await Promise.all(
    Array.from({ length: MOST }, () =>
      database.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid, pg_sleep(0.05)' }),
    ),
  );
  const pids = backends.flatMap((rows) => rows.map(({ pid }) => pid));
  pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  try {
    const answer = await ask('/readyz');
    expect(answer).toMatchObject({ status: 503, body: { database: 'unavailable' } });
    expect(answer.body.problem).toMatch(/has not answered for 2 s|are busy/);
    expect(answer.ms).toBeLessThan(3_500);
    expect((await ask('/healthz')).ms).toBeLessThan(500);
  } finally {
    pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
  }
  await expectReady();
});

test('reports the database as unreachable when its server has exited though the process lives', async () => {
  await postgres.stop();
  await expect
    .poll(async () => (await ask('/readyz')).body.problem, { timeout: 10_000 })
    .toMatch(/unreachable \(\w+\)/);
  const answer = await ask('/readyz');
  expect([answer.status, answer.ms < 3_500]).toEqual([503, true]);
  expect(await ask('/healthz')).toMatchObject({ status: 200, body: { alive: true } });
});
