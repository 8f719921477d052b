import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as openRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebhookReceiver } from '../../app/intake/receive-webhook.ts';
import type { Delivery } from '../../app/store/stores.ts';

const SECRETS = ['the-secret-in-force', 'the-secret-before'];
const BODY = JSON.stringify({ action: 'created', comment: {}, issue: {}, repository: {}, sender: {} });

const HELD_BYTES = 1024 * 1024;

let server: Server;
let url: string;
let recorded: Delivery[];
let store: (delivery: Delivery) => Promise<{ recorded: boolean }>;

beforeEach(async () => {
  recorded = [];
  store = async (delivery) => {
    recorded.push(delivery);
    return { recorded: true };
  };
  const receive = createWebhookReceiver({
    inbox: { record: (delivery) => store(delivery) },
    secrets: SECRETS,
    clock: { now: () => new Date('2026-11-21T00:00:00Z') },
    bodies: { heldBytes: HELD_BYTES, idleMs: 1_000, totalMs: 3_000 },
  });
  server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/github/webhooks`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function sign(body: string | Buffer, secret = SECRETS[0] as string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

function post(body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issue_comment',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': sign(body),
      ...headers,
    },
  });
}

test('a signed delivery is recorded with its raw bytes and answered with 202', async () => {
  expect((await post(BODY)).status).toBe(202);
  expect(recorded).toHaveLength(1);
  expect(Buffer.from((recorded[0] as Delivery).body).toString()).toBe(BODY);
});

test('the former secret is still accepted while it is rotated', async () => {
  expect((await post(BODY, { 'x-hub-signature-256': sign(BODY, SECRETS[1]) })).status).toBe(202);
});

const REFUSED: readonly [string, string | Buffer, Record<string, string>, number][] = [
  ['a signature of another secret', BODY, { 'x-hub-signature-256': sign(BODY, 'guess') }, 401],
  ['no signature', BODY, { 'x-hub-signature-256': '' }, 401],
  ['a short signature', BODY, { 'x-hub-signature-256': 'sha256=00' }, 401],
  [
    'only the old SHA-1 signature',
    BODY,
    { 'x-hub-signature-256': 'sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709' },
    401,
  ],
  ['a body signed under another event name', BODY, { 'x-github-event': 'installation' }, 400],
  ['an issues event that carries a comment', BODY, { 'x-github-event': 'issues' }, 400],
  ['an event name with markup', BODY, { 'x-github-event': '<script>' }, 400],
  ['no delivery id', BODY, { 'x-github-delivery': '' }, 400],
  ['a compressed body', gzipSync(BODY), { 'content-encoding': 'gzip' }, 415],
  ['a form', BODY, { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['brackets nested without end', `{"a":${'['.repeat(100_000)}`, {}, 400],
  ['an array', '[1]', {}, 400],
];

test.each(REFUSED)('%s is refused and nothing is recorded', async (_name, body, headers, status) => {
  expect((await post(body, headers)).status).toBe(status);
  expect(recorded).toEqual([]);
});

test('a body over 25 MiB is refused before it is read', async () => {
  const outgoing = openRequest(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': String(25 * 1024 * 1024 + 1),
      'x-github-event': 'issues',
      'x-github-delivery': 'a',
    },
  });
  outgoing.flushHeaders();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  outgoing.destroy();
  expect(response.statusCode).toBe(413);
});

test('a database that fails is answered with 503, so that the sweep asks again', async () => {
  store = async () => {
    throw new Error('the database is away');
  };
  expect((await post(BODY)).status).toBe(503);
});

test('anything but POST is refused', async () => {
  expect((await fetch(url)).status).toBe(405);
});

/** Sends the head of a delivery and, when it is asked for, a part of its body. */
function open(headers: Record<string, string>): ReturnType<typeof openRequest> {
  const outgoing = openRequest(url, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'x-github-delivery': 'a',
      'x-hub-signature-256': sign(BODY),
      ...headers,
    },
  });
  outgoing.on('error', () => undefined);
  outgoing.flushHeaders();
  return outgoing;
}

async function statusOf(outgoing: ReturnType<typeof openRequest>): Promise<number | undefined> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  outgoing.destroy();
  return response.statusCode;
}

test.each([
  ['without a signature', { 'x-hub-signature-256': '', 'content-length': '100' }, 401],
  ['with half a signature', { 'x-hub-signature-256': 'sha256=00', 'content-length': '100' }, 401],
  ['without a length', { 'transfer-encoding': 'chunked' }, 411],
])('a body %s is refused before any of it is sent', async (_what, headers, status) => {
  expect(await statusOf(open(headers))).toBe(status);
});

test('a body that stops coming is given up soon', async () => {
  const startedAt = performance.now();
  const outgoing = open({ 'content-length': '100000' });
  outgoing.write('x'.repeat(1_000));
  expect(await statusOf(outgoing)).toBe(408);
  expect(performance.now() - startedAt).toBeLessThan(2_900);
});

test('a body that comes drop by drop is given up too', async () => {
  const outgoing = open({ 'content-length': '100000' });
  const drops = setInterval(() => outgoing.write('x'), 100);
  try {
    expect(await statusOf(outgoing)).toBe(408);
  } finally {
    clearInterval(drops);
  }
});

test('bodies that are held open keep a bounded number of bytes, and deliveries come through', async () => {
  const held = Array.from({ length: 40 }, () => open({ 'content-length': String(20 * 1024 * 1024) }));
  const answers = held.map(async (outgoing) => statusOf(outgoing));
  const before = process.memoryUsage().arrayBuffers;
  for (const outgoing of held) {
    outgoing.write(Buffer.alloc(200 * 1024));
  }
  for (let round = 0; round < 10; round += 1) {
    expect((await post(BODY)).status).toBe(202);
  }
  // What this side has queued for sending counts here as well.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 200 * 1024 + 8 * HELD_BYTES);
  const statuses = await Promise.all(answers);
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(20);
  expect(statuses.every((status) => status === 503 || status === 408)).toBe(true);
});
