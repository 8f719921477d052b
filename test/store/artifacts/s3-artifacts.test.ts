import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createS3Artifacts } from '../../../app/store/artifacts/s3/s3-artifacts.ts';
import { createS3Objects } from '../../../app/store/artifacts/s3/s3-objects.ts';
import { probeS3 } from '../../../app/store/artifacts/s3/probe-s3.ts';
import { ServiceUnavailable } from '../../../app/task/service-unavailable.ts';
import { CONTRACT_MAX_LOG_BYTES, testArtifacts } from '../../contract/artifacts.ts';
import { withBucket } from '../../support/s3.ts';

const bucket = withBucket();
const LOG = 'task/1/worker.log';
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stop of stops.splice(0)) {
    await stop();
  }
});

testArtifacts(async () => createS3Artifacts({ ...bucket.place, maxLogBytes: CONTRACT_MAX_LOG_BYTES }));

async function text(artifacts: ReturnType<typeof createS3Artifacts>, key = LOG): Promise<string> {
  return Buffer.from((await artifacts.get(key)) ?? []).toString();
}

test('a log is a few objects however often it is appended to, and one artifact', async () => {
  const { place } = bucket;
  const artifacts = createS3Artifacts({ ...place, chunkBytes: 1_000 });
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`.padEnd(99, '.') + '\n');
  for (const line of lines) {
    await artifacts.append(LOG, Buffer.from(line));
  }
  expect(await text(artifacts)).toBe(lines.join(''));
  expect(await artifacts.list('task')).toEqual([LOG]);
  expect(await createS3Objects(place).list('task')).toHaveLength(5);
  await artifacts.remove('task/1');
  expect(await createS3Objects(place).list('')).toEqual([]);
});

test('two writers of one log lose nothing, and the next process continues behind them', async () => {
  const { place } = bucket;
  const [one, two] = [createS3Artifacts(place), createS3Artifacts(place)];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : two).append(LOG, Buffer.from(`<${index}>`))),
  );
  await createS3Artifacts(place).append(LOG, Buffer.from('<last>'));
  const read = await text(one);
  expect(read.match(/<\d+>/g)?.toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => `<${index}>`).toSorted());
  expect(read.endsWith('<last>')).toBe(true);
  const evens = [...read.matchAll(/<(\d+)>/g)].map((match) => Number(match[1])).filter((number) => number % 2 === 0);
  expect(evens).toEqual(evens.toSorted((a, b) => a - b));
});

test('a log that two writers fill is cut when it is read, and what is stored stays bounded', async () => {
  const { place } = bucket;
  const writers = [1, 2].map(() => createS3Artifacts({ ...place, maxLogBytes: 100, chunkBytes: 30 }));
  for (let round = 0; round < 20; round += 1) {
    for (const writer of writers) {
      await writer.append(LOG, Buffer.from('0123456789'));
    }
  }
  const read = await text(writers[0] as (typeof writers)[0]);
  expect(read.slice(0, 100)).toBe('0123456789'.repeat(10));
  expect(read.slice(100)).toMatch(/^\n\[The log is longer than 100 bytes/);
  const stored = await createS3Objects(place).list('');
  expect(stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(160);
});

test('lists and removes more than one page holds', async () => {
  const { place } = bucket;
  const artifacts = createS3Artifacts(place);
  const keys = Array.from({ length: 1_005 }, (_, index) => `task/1/${String(index).padStart(4, '0')}`);
  for (let at = 0; at < keys.length; at += 50) {
    await Promise.all(keys.slice(at, at + 50).map((key) => artifacts.put(key, Buffer.from('x'))));
  }
  expect(await artifacts.list('task')).toEqual(keys);
  await artifacts.remove('task');
  expect(await artifacts.list('')).toEqual([]);
});

test('the probe finds nothing wrong where nothing is, and leaves nothing behind', async () => {
  const { place } = bucket;
  expect(await probeS3(place)).toBeNull();
  expect(await createS3Objects(place).list('')).toEqual([]);
});

test('names the bucket that is missing', async () => {
  const place = { ...bucket.place, bucket: 'bosun-nowhere' };
  expect(await probeS3(place)).toMatchObject({
    kind: 'setting',
    found: expect.stringContaining('There is no bucket bosun-nowhere at http://127.0.0.1'),
    remedy: expect.stringContaining('BOSUN_ARTIFACTS'),
  });
  await expect(createS3Artifacts(place).put('a/1/b', Buffer.from('x'))).rejects.toThrow(/There is no bucket/);
  await expect(createS3Artifacts(place).get('a/1/b')).rejects.toThrow(ServiceUnavailable);
});

test('reports that the store is unavailable, and nothing about settings', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => {
    gone.listen(0, '127.0.0.1', resolve);
  });
  const endpointUrl = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
  await new Promise((resolve) => {
    gone.close(resolve);
  });
  expect(await probeS3({ ...bucket.place, endpointUrl, maxAttempts: 1 })).toMatchObject({
    kind: 'away',
    found: expect.stringContaining('does not answer (ECONNREFUSED)'),
  });
});

/** A store that answers every request of one method with one error, and the others as if all were well. */
async function startRefusing(
  method: string,
  answer: { status: number; code: string; headers?: Record<string, string> },
) {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === method) {
      response.writeHead(answer.status, { 'content-type': 'application/xml', ...answer.headers });
      response.end(`<?xml version="1.0"?><Error><Code>${answer.code}</Code><Message>no</Message></Error>`);
    } else {
      response.writeHead(200).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return { ...bucket.place, endpointUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, maxAttempts: 1 };
}

test.each([
  ['PUT', 403, 'AccessDenied', /may not use the bucket.*s3:PutObject failed/, /Grant s3:PutObject/],
  ['DELETE', 403, 'AccessDenied', /may not use the bucket.*s3:DeleteObject failed/, /s3:ListBucket/],
  ['PUT', 403, 'InvalidAccessKeyId', /does not accept the AWS credentials/, /AWS_ACCESS_KEY_ID/],
  ['PUT', 403, 'SignatureDoesNotMatch', /does not accept the AWS credentials/, /AWS_SECRET_ACCESS_KEY/],
  ['PUT', 301, 'PermanentRedirect', /is in another region/, /AWS_REGION/],
  ['PUT', 400, 'AuthorizationHeaderMalformed', /is in another region/, /AWS_REGION/],
])('%s answered with %i %s is a sentence with a remedy', async (method, status, code, found, remedy) => {
  const problem = await probeS3(await startRefusing(method, { status, code }));
  expect(problem).toMatchObject({ kind: 'setting' });
  expect(problem?.found).toMatch(found);
  expect(problem?.remedy).toMatch(remedy);
});

test('a store that answers 503 for a moment is asked again', async () => {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    requests += 1;
    response.writeHead(requests === 1 ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await createS3Artifacts({ ...bucket.place, endpointUrl }).put('a/1/b', Buffer.from('x'));
  expect(requests).toBe(2);
});

test('names the variable when no region is set', async () => {
  vi.stubEnv('AWS_REGION', undefined);
  expect(await probeS3(bucket.place)).toMatchObject({
    kind: 'setting',
    found: 'No region is set for S3. s3:PutObject failed.',
  });
});
