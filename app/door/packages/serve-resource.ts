import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { writeAll } from '../write-all.ts';
import type { CacheEntry } from './cache/cache-entry.ts';
import { replaceAll } from './rewrite-urls.ts';
import type { Replacement } from './rewrite-urls.ts';
import type { GrowingBody } from './upstream/growing-body.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Counts what is sent, and says whether more may be. */
  readonly spend: (bytes: number) => boolean;
}

/** Answers from the cache: whole or a range, or 304 when the client has it. */
export async function serveEntry(
  exchange: Exchange,
  entry: CacheEntry,
  replacements: readonly Replacement[],
): Promise<void> {
  const { request, response } = exchange;
  const { header } = entry;
  const isChanged = replacements.length > 0;
  const etag = isChanged
    ? rewrittenEtag(header.sha256, replacements)
    : (header.headers['etag'] ?? `"${header.sha256}"`);
  const headers = { ...passedOn(header.headers, isChanged), etag, 'cache-control': 'no-cache' };
  if (matches(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  if (request.method === 'HEAD') {
    // It cost the server as much as the whole
    exchange.spend(header.bytes);
  }
  if (isChanged) {
    response.writeHead(200, headers);
    await send(exchange, replaceAll(entry.read({ start: 0, end: header.bytes }), replacements));
    return;
  }
  const range = readRange(request, { bytes: header.bytes, etag });
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${header.bytes}`, 'content-length': 0 });
    response.end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: header.bytes };
  response.writeHead(range === null ? 200 : 206, {
    ...headers,
    'accept-ranges': 'bytes',
    'content-length': end - start,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${header.bytes}` }),
  });
  await send(exchange, entry.read({ start, end }));
}

/** Passes a download on while it continues. When it fails, the connection is cut, so that nobody takes it for whole. */
export async function serveGrowing(
  exchange: Exchange,
  body: GrowingBody,
  replacements: readonly Replacement[],
): Promise<void> {
  const isChanged = replacements.length > 0;
  const { etag: _etag, ...headers } = passedOn(body.headers, isChanged);
  exchange.response.writeHead(200, {
    ...headers,
    ...(body.length === null || isChanged ? {} : { 'content-length': body.length }),
  });
  await send(exchange, isChanged ? replaceAll(body.read(), replacements) : body.read());
}

async function send({ request, response, spend }: Exchange, chunks: AsyncGenerator<Uint8Array>): Promise<void> {
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  try {
    if (await writeAll(count(chunks, spend), response)) {
      response.end();
    }
  } catch {
    // Headers are out, so the cut connection is the only way to report it; the cause has been logged by the mirror
    response.destroy();
  }
}

async function* count(chunks: AsyncGenerator<Uint8Array>, spend: Exchange['spend']): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (!spend(chunk.length)) {
      throw new Error('the attempt has used up its bytes');
    }
    yield chunk;
  }
}

/** What was changed is no longer what a digest of the registry was made of. */
function passedOn(headers: Readonly<Record<string, string>>, isChanged: boolean): Record<string, string> {
  const { digest, 'repr-digest': reprDigest, ...others } = headers;
  return {
    'content-type': 'application/octet-stream',
    ...others,
    ...(isChanged || digest === undefined ? {} : { digest }),
    ...(isChanged || reprDigest === undefined ? {} : { 'repr-digest': reprDigest }),
  };
}

/** The same metadata reads differently at each address of the mirror. */
function rewrittenEtag(sha256: string, replacements: readonly Replacement[]): string {
  const hash = createHash('sha256').update(sha256);
  replacements.forEach(({ to }) => hash.update(to));
  return `"${hash.digest('hex').slice(0, 32)}"`;
}

function matches(condition: string | undefined, etag: string): boolean {
  const plain = etag.replace(/^W\//, '');
  return (condition ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === plain);
}

type Range = { readonly start: number; readonly end: number };

/** A single range of bytes. Everything else a client may ask is answered with the whole. */
function readRange(
  { headers }: IncomingMessage,
  whole: { bytes: number; etag: string },
): Range | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range ?? '');
  const ifRange = headers['if-range'];
  if (match === null || (ifRange !== undefined && ifRange !== whole.etag)) {
    return null;
  }
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') {
    return null;
  }
  const start = first === '' ? Math.max(0, whole.bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? whole.bytes : Math.min(whole.bytes, Number(last) + 1);
  return start < end ? { start, end } : 'unsatisfiable';
}
