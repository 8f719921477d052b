import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { fetchObjects, objectPath } from '../../app/git/lfs/fetch-objects.ts';

const CONTENT = Buffer.from('the content of a file');
const OID = createHash('sha256').update(CONTENT).digest('hex');
const POINTER = { oid: OID, size: CONTENT.length };
const home = await mkdtemp(path.join(tmpdir(), 'bosun-lfs-'));

let batch: (response: ServerResponse) => void = () => undefined;
let object: (response: ServerResponse) => void = () => undefined;
const seen: IncomingMessage[] = [];
const server = createServer((request, response) => {
  seen.push(request);
  request.resume();
  (request.url === '/acme/tool.git/info/lfs/objects/batch' ? batch : object)(response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(home, { recursive: true, force: true });
});

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(path.join(home, 'store-'));
  seen.length = 0;
  batch = (response) => offer(response, `${origin}/store/${OID}`);
  object = (response) => response.end(CONTENT);
});

function offer(response: ServerResponse, href: string): void {
  const actions = { download: { href, header: { 'x-signature': 'abc' } } };
  response.end(JSON.stringify({ transfer: 'basic', objects: [{ ...POINTER, actions }] }));
}

function run(): ReturnType<typeof fetchObjects> {
  return fetchObjects(directory, { url: `${origin}/acme/tool.git`, token: 'ghs_1', pointers: [POINTER] });
}

test('a file is fetched once, and the token goes to the batch API alone', async () => {
  expect(await run()).toEqual({ ok: true, problems: new Map() });
  expect(await readFile(objectPath(directory, OID))).toEqual(CONTENT);
  const [asked, fetched] = seen;
  expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('x-access-token:ghs_1').toString('base64')}`);
  expect(fetched?.headers).toMatchObject({ 'x-signature': 'abc' });
  expect(fetched?.headers).not.toHaveProperty('authorization');
  await run();
  expect(seen).toHaveLength(2);
});

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  ['is cut off', (response) => response.end(CONTENT.subarray(0, 5)), /not what its pointer says \(5 of 21 bytes\)/],
  [
    'is another of the same length',
    (response) => response.end(CONTENT.toString().toUpperCase()),
    /not what its pointer/,
  ],
  ['is longer', (response) => response.end(Buffer.concat([CONTENT, CONTENT])), /longer than the 21 bytes/],
  ['is refused', (response) => response.writeHead(403).end(), /HTTP 403/],
])('a file that %s is named and not kept', async (_name, answer, why) => {
  object = answer;
  const fetched = await run();
  expect(fetched.ok && fetched.problems.get(OID)).toMatch(why);
  expect((await readdir(directory, { recursive: true })).filter((name) => name.includes(OID))).toEqual([]);
});

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  [
    'does not have it',
    (response) => response.end(JSON.stringify({ objects: [{ oid: OID, error: { code: 404, message: 'gone' } }] })),
    /does not have it \(gone\)/,
  ],
  ['refuses', (response) => response.writeHead(403).end(), /HTTP 403/],
  ['redirects', (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(), /HTTP 302/],
  ['sends something else', (response) => response.end('{"objects": 5}'), /cannot be read/],
  ['leads to a file', (response) => offer(response, 'file:///etc/passwd'), /does not have it/],
])('a server that %s is named as the reason', async (_name, answer, why) => {
  batch = answer;
  const fetched = await run();
  expect(fetched.ok && fetched.problems.get(OID)).toMatch(why);
});

test.each<[string, () => void]>([
  ['the batch API', () => (batch = (response) => response.writeHead(503).end())],
  ['the store', () => (object = (response) => response.writeHead(500).end())],
  ['the limit of the server', () => (batch = (response) => response.writeHead(429).end())],
  ['a connection that breaks', () => (object = (response) => response.destroy())],
])('trouble of %s is an outage, after which it is tried again', async (_name, break_) => {
  break_();
  expect(await run()).toMatchObject({ ok: false });
});
