import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createBedrock } from '../../app/door/model/endpoint/bedrock.ts';
import { createVertex } from '../../app/door/model/endpoint/vertex.ts';
import type { PriceTable } from '../../app/budget/prices.ts';
import type { SignedRequest } from './aws-signature.ts';
import { findSignatureFault } from './aws-signature.ts';
import { chunk, exception } from './event-frames.ts';
import { askBody, openDoor, refusalOf } from './open-door.ts';
import type { OpenDoor } from './open-door.ts';
import { EVENTS, sendMessage, USAGE } from './scripted-upstream.ts';

const MODEL = 'eu.anthropic.claude-sonnet-5-v1:0';
const PRICES: PriceTable = new Map([
  [
    MODEL,
    { input: 3_000, output: 15_000, cacheWrite5m: 3_750, cacheWrite1h: 6_000, cacheRead: 300, contextTokens: 200_000 },
  ],
]);
const AWS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'the-secret-of-aws',
  region: 'eu-central-1',
  service: 'bedrock',
};
const EXPECTED_COST = 100 * 3_000 + 50 * 15_000 + 20 * 3_750 + 10 * 6_000 + 1_000 * 300;

type Act = (request: SignedRequest, response: ServerResponse) => void;

/** A cloud that keeps what it was asked and does what the test says. */
async function startCloud(act: Act): Promise<{ url: string; seen: SignedRequest[] }> {
  const seen: SignedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (part: Buffer) => chunks.push(part));
    request.on('end', () => {
      const { headers, method = '', url = '' } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks) };
      seen.push(one);
      act(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const START = {
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage: { ...USAGE, output_tokens: 1 } },
};
const TEXT = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'héllo' } };
const DELTA = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 50 } };
const STOP = {
  type: 'message_stop',
  'amazon-bedrock-invocationMetrics': { inputTokenCount: 100, outputTokenCount: 50 },
};

function jsonOf({ body }: SignedRequest): Record<string, unknown> {
  return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
}

function ask({ ask: send }: OpenDoor, fields: object = {}): Promise<Response> {
  return send(
    { ...askBody(), model: MODEL, ...fields },
    { headers: { 'anthropic-beta': 'interleaved-thinking-2025-05-14,effort-2025-11-24' } },
  );
}

describe('Amazon Bedrock', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', AWS.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', AWS.secretAccessKey);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  async function openBedrock(act: Act): Promise<{ door: OpenDoor; seen: SignedRequest[] }> {
    const { seen, url } = await startCloud((request, response) => {
      const fault = findSignatureFault(request, AWS);
      if (fault === null) {
        act(request, response);
      } else {
        response
          .writeHead(403, { 'x-amzn-errortype': 'InvalidSignatureException' })
          .end(JSON.stringify({ message: fault }));
      }
    });
    const endpoint = createBedrock({ region: AWS.region, url });
    return { seen, door: await openDoor({ upstreamUrl: url, endpoint, prices: PRICES, extraModels: [MODEL] }) };
  }

  function stream(response: ServerResponse, frames: readonly Buffer[]): void {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.end(Buffer.concat(frames));
  }

  test('streams a signed request in the format of the agent and charges what was used', async () => {
    const { door, seen } = await openBedrock((_request, response) =>
      stream(response, [START, TEXT, DELTA, STOP].map(chunk)),
    );
    const settlement = door.world.nextSettlement();
    const response = await ask(door, { stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toContain(
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"héllo"}}\n\n',
    );
    await settlement;
    expect(door.world.settled[0]?.costNano).toBe(EXPECTED_COST);
    expect(seen[0]?.path).toBe(`/model/${encodeURIComponent(MODEL)}/invoke-with-response-stream`);
    expect(jsonOf(seen[0] as SignedRequest)).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['interleaved-thinking-2025-05-14'],
      messages: askBody().messages,
      max_tokens: 1_000,
    });
    expect(JSON.stringify(seen[0]?.headers)).not.toContain('sk-the-real-key');
  });

  test('reads frames wherever the network cuts them', async () => {
    const bytes = Buffer.concat([START, TEXT, DELTA, STOP].map(chunk));
    const { door } = await openBedrock((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      let at = 0;
      function next(): void {
        if (at >= bytes.length) {
          response.end();
          return;
        }
        response.write(bytes.subarray(at, at + 37), () => setImmediate(next));
        at += 37;
      }
      next();
    });
    const settlement = door.world.nextSettlement();
    expect((await (await ask(door, { stream: true })).text()).split('\n\n')).toHaveLength(5);
    await settlement;
    expect(door.world.settled[0]?.costNano).toBe(EXPECTED_COST);
  });

  test.each([
    ['ends in the middle of a frame', (bytes: Buffer) => bytes.subarray(0, -5), EXPECTED_COST],
    ['has a damaged frame', (bytes: Buffer) => (bytes.writeUInt8(1, bytes.length - 20), bytes), EXPECTED_COST],
    ['is no event stream', () => Buffer.from('<html>Bad gateway</html>'), EXPECTED_COST - 50 * 15_000],
  ])('a stream that %s is cut for the agent too, and costs what was reported', async (_, damage, cost) => {
    const { door } = await openBedrock((_request, response) =>
      stream(response, [chunk(START), damage(Buffer.concat([TEXT, DELTA, STOP].map(chunk)))]),
    );
    const settlement = door.world.nextSettlement();
    await expect(ask(door, { stream: true }).then((response) => response.text())).rejects.toThrow('terminated');
    await settlement;
    expect(door.world.settled[0]?.costNano).toBe(cost);
  });

  test('passes an exception in the stream on as an error', async () => {
    const { door } = await openBedrock((_request, response) =>
      stream(response, [chunk(START), exception('throttlingException', 'Too many tokens')]),
    );
    const text = await (await ask(door, { stream: true })).text();
    expect(text).toContain('"type":"rate_limit_error","message":"throttlingException: Too many tokens"');
  });

  test('answers without streaming, counts, and quotes a refused request', async () => {
    const { door, seen } = await openBedrock((request, response) => {
      if (request.path.endsWith('/count-tokens')) {
        response.end(JSON.stringify({ inputTokens: 17 }));
      } else if (jsonOf(request)['max_tokens'] === 7) {
        response
          .writeHead(400, { 'x-amzn-errortype': 'ValidationException:http://internal' })
          .end(JSON.stringify({ message: 'no such field' }));
      } else {
        sendMessage(response);
      }
    });
    expect(await (await ask(door)).json()).toMatchObject({ content: [{ text: 'hello' }] });
    const { max_tokens: _, ...counted } = { ...askBody(), model: MODEL };
    const count = await door.post('/door/v1/model/v1/messages/count_tokens', counted);
    expect(await count.json()).toEqual({ input_tokens: 17 });
    const inner = jsonOf(seen[1] as SignedRequest)['input'] as { invokeModel: { body: string } };
    expect(JSON.parse(Buffer.from(inner.invokeModel.body, 'base64').toString('utf8'))).toMatchObject({
      messages: counted.messages,
    });
    const refused = await ask(door, { max_tokens: 7 });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'ValidationException: no such field' },
    });
  });

  test('a refused signature is the business of the operator', async () => {
    const { door } = await openBedrock((_request, response) => sendMessage(response));
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    expect(await refusalOf(await ask(door))).toBe('502 error MODEL_AUTH');
    expect(door.problems).toMatchObject([{ kind: 'auth', status: 403 }]);
  });

  test('without credentials nothing is sent', async () => {
    const { door, seen } = await openBedrock((_request, response) => sendMessage(response));
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
    expect(await refusalOf(await ask(door))).toBe('502 error MODEL_AUTH');
    expect(seen).toEqual([]);
    expect(door.logged.join()).toContain('could not be signed');
  });
});

describe('Google Vertex', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const place = { region: 'europe-west1', project: 'acme-1' };
  const models = '/v1/projects/acme-1/locations/europe-west1/publishers/anthropic/models';
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** Checks the token as Google would: signed with the key of the account, for this scope, and not expired. */
  function findTokenFault({ headers }: SignedRequest): string | null {
    const [head = '', claims = '', signature = ''] = (headers.authorization ?? '').replace('Bearer ', '').split('.');
    const isSigned = verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'));
    const { exp, iss, scope } = isSigned ? JSON.parse(Buffer.from(claims, 'base64url').toString()) : ({} as never);
    return isSigned &&
      iss === 'bosun@acme-1.iam.gserviceaccount.com' &&
      scope === 'https://www.googleapis.com/auth/cloud-platform' &&
      exp > Date.now() / 1_000
      ? null
      : 'the token is wrong';
  }

  async function openVertex(act: Act): Promise<{ door: OpenDoor; seen: SignedRequest[] }> {
    const directory = await mkdtemp(path.join(tmpdir(), 'bosun-vertex-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = path.join(directory, 'account.json');
    const account = {
      type: 'service_account',
      project_id: 'acme-1',
      private_key_id: 'k1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: 'bosun@acme-1.iam.gserviceaccount.com',
      client_id: '1',
      token_uri: 'https://oauth2.googleapis.com/token',
    };
    await writeFile(file, JSON.stringify(account));
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
    const { seen, url } = await startCloud((request, response) => {
      const fault = findTokenFault(request);
      if (fault === null) {
        act(request, response);
      } else {
        response.writeHead(401).end(JSON.stringify({ error: { message: fault } }));
      }
    });
    const endpoint = createVertex({ ...place, url });
    return { seen, door: await openDoor({ upstreamUrl: url, endpoint, prices: PRICES, extraModels: [MODEL] }) };
  }

  test('streams an authorized request and charges what was used', async () => {
    const { door, seen } = await openVertex((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(EVENTS.start + EVENTS.text('hello') + EVENTS.delta + EVENTS.stop);
    });
    const settlement = door.world.nextSettlement();
    expect(await (await ask(door, { stream: true })).text()).toContain('hello');
    await settlement;
    expect(door.world.settled[0]?.costNano).toBe(EXPECTED_COST);
    expect(seen[0]?.path).toBe(`${models}/${encodeURIComponent(MODEL)}:streamRawPredict`);
    expect(jsonOf(seen[0] as SignedRequest)).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      messages: askBody().messages,
      max_tokens: 1_000,
      stream: true,
    });
    expect(seen[0]?.headers['anthropic-beta']).toBe('interleaved-thinking-2025-05-14,effort-2025-11-24');
  });

  test('answers without streaming and counts', async () => {
    const { door, seen } = await openVertex((request, response) =>
      request.path.includes('count-tokens') ? response.end('{"input_tokens":17}') : sendMessage(response),
    );
    expect((await ask(door)).status).toBe(200);
    const { max_tokens: _, ...counted } = { ...askBody(), model: MODEL };
    expect(await (await door.post('/door/v1/model/v1/messages/count_tokens', counted)).json()).toEqual({
      input_tokens: 17,
    });
    expect(seen.map(({ path }) => path)).toEqual([
      `${models}/${encodeURIComponent(MODEL)}:rawPredict`,
      `${models}/count-tokens:rawPredict`,
    ]);
    expect(jsonOf(seen[1] as SignedRequest)['model']).toBe(MODEL);
  });

  test('without credentials nothing is sent, and later ones are found', async () => {
    const { door, seen } = await openVertex((_request, response) => sendMessage(response));
    const file = process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/nonexistent.json');
    expect(await refusalOf(await ask(door))).toBe('502 error MODEL_AUTH');
    expect(seen).toEqual([]);
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
    expect((await ask(door)).status).toBe(200);
  });
});
