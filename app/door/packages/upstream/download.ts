import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { takeStart } from '../../../../protocol/index.ts';
import type { PackageCache } from '../cache/package-cache.ts';
import { refuse } from '../../refusal.ts';
import type { Refusal } from '../../refusal.ts';
import { FOREVER } from '../registry.ts';
import type { ResolvedResource } from '../resolve-resource.ts';
import { GrowingBody } from './growing-body.ts';
import type { RequestUpstream } from './request-upstream.ts';

export type Downloaded =
  | { readonly kind: 'stored' }
  /** The copy in the cache still holds. */
  | { readonly kind: 'unchanged' }
  /** `isUnavailable`: the registry's own trouble, so an older copy may serve and another attempt may help. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly isUnavailable: boolean };

export interface DownloadLimits {
  readonly archiveBytes: number;
  readonly metadataBytes: number;
}

const KEPT_HEADERS = ['content-type', 'etag', 'last-modified', 'digest', 'repr-digest'] as const;

/** Fetches a resource into the cache. What is not complete to the last byte is thrown away. */
export async function download(
  wanted: ResolvedResource & { readonly key: string },
  ports: {
    readonly cache: PackageCache;
    readonly send: RequestUpstream;
    readonly limits: DownloadLimits;
    readonly validators: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly now: () => Date;
    readonly onBody: (body: GrowingBody) => void;
  },
): Promise<Downloaded> {
  const { registry, resource, url } = wanted;
  const isArchive = resource.freshMs === FOREVER;
  const answer = await ports.send({
    url,
    headers: {
      accept: resource.accept ?? '*/*',
      'accept-encoding': isArchive ? 'identity' : 'gzip',
      'user-agent': 'bosun',
      ...validatorsOf(ports.validators),
    },
    origins: [registry.url, ...Object.values(registry.hosts), ...registry.redirects].map(
      (base) => new URL(base).origin,
    ),
    credential:
      registry.authorization === null
        ? null
        : { origin: new URL(registry.url).origin, authorization: registry.authorization },
    signal: ports.signal,
  });
  if (answer.kind === 'failed') {
    return unavailable(`${registry.name} cannot be used: ${answer.reason}.`);
  }
  const { message, status } = answer;
  if (status === 304 && Object.keys(ports.validators).length > 0) {
    message.resume();
    return { kind: 'unchanged' };
  }
  const maxBytes = isArchive ? ports.limits.archiveBytes : ports.limits.metadataBytes;
  const refused = refuseAnswer(status, { registry: registry.name, message, maxBytes });
  if (refused !== null) {
    message.destroy();
    return refused;
  }
  const encoding = message.headers['content-encoding'] ?? 'identity';
  const body = await store(message, { ...ports, wanted, maxBytes, isZipped: encoding !== 'identity' });
  return body === null
    ? { kind: 'stored' }
    : unavailable(`${registry.name} sent an incomplete or unreadable answer: ${body}.`);
}

async function store(
  message: IncomingMessage,
  to: {
    readonly cache: PackageCache;
    readonly wanted: ResolvedResource & { readonly key: string };
    readonly maxBytes: number;
    readonly isZipped: boolean;
    readonly now: () => Date;
    readonly onBody: (body: GrowingBody) => void;
  },
): Promise<string | null> {
  const length = message.headers['content-length'];
  const writer = await to.cache.write(to.wanted.key);
  const headers = keptHeaders(message);
  const body = new GrowingBody(writer, {
    length: to.isZipped || length === undefined ? null : Number(length),
    headers,
  });
  to.onBody(body);
  try {
    const source = to.isZipped ? message.pipe(createGunzip()) : message;
    // `pipe` does not pass errors on
    message.once('error', (error) => (source === message ? undefined : source.destroy(error)));
    message.once('aborted', () => (source === message ? undefined : source.destroy(new Error('aborted'))));
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      if (writer.bytes + chunk.length > to.maxBytes) {
        throw new Error(`it has more than ${to.maxBytes} bytes`);
      }
      await body.append(chunk);
    }
    if (!message.complete || (body.length !== null && body.length !== writer.bytes)) {
      throw new Error(`it ended after ${writer.bytes} bytes`);
    }
    await writer.complete({ url: to.wanted.url.href, headers }, to.now());
    await body.end('complete');
    return null;
  } catch (error) {
    message.destroy();
    await writer.discard();
    await body.end('failed');
    return error instanceof Error ? error.message : String(error);
  }
}

function refuseAnswer(
  status: number,
  about: { registry: string; message: IncomingMessage; maxBytes: number },
): Downloaded | null {
  const { registry, message, maxBytes } = about;
  if (status === 404 || status === 410 || status === 451) {
    return final(refuse('NOT_FOUND', `${registry} does not have it (HTTP ${status}).`));
  }
  if (status === 401 || status === 403) {
    return final(
      refuse(
        'PACKAGES_UPSTREAM',
        `${registry} refused the request of this server (HTTP ${status}). An operator must check its credential in BOSUN_CONFIG.`,
      ),
    );
  }
  if (status !== 200) {
    return unavailable(`${registry} answered with HTTP ${status}.`, readRetryAfter(message));
  }
  const length = message.headers['content-length'];
  if (length === undefined && message.headers['transfer-encoding'] === undefined) {
    return unavailable(`${registry} sent no length, so a truncated response could not be detected.`);
  }
  if (Number(length ?? 0) > maxBytes) {
    return final(
      refuse('PACKAGE_TOO_LARGE', `It has ${length} bytes; this server takes at most ${maxBytes} from ${registry}.`),
    );
  }
  const encoding = message.headers['content-encoding'] ?? 'identity';
  return ['identity', 'gzip', 'x-gzip'].includes(encoding)
    ? null
    : unavailable(`${registry} answered with the encoding ${takeStart(encoding, 40)}.`);
}

function unavailable(message: string, retryAfterS = 5): Downloaded {
  return { kind: 'refused', isUnavailable: true, refusal: refuse('PACKAGES_UPSTREAM', message, retryAfterS).refusal };
}

function final({ refusal }: { refusal: Refusal }): Downloaded {
  return { kind: 'refused', isUnavailable: false, refusal };
}

function readRetryAfter({ headers }: IncomingMessage): number {
  const seconds = Number(headers['retry-after']);
  return Number.isInteger(seconds) && seconds > 0 && seconds <= 300 ? seconds : 5;
}

function keptHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' && value.length <= 500 ? [[name, value]] : [];
    }),
  );
}

function validatorsOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...(headers['etag'] === undefined ? {} : { 'if-none-match': headers['etag'] }),
    ...(headers['last-modified'] === undefined ? {} : { 'if-modified-since': headers['last-modified'] }),
  };
}
