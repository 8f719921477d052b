import { createHash } from 'node:crypto';
import type { CacheEntry } from './cache/cache-entry.ts';
import type { PackageCache } from './cache/package-cache.ts';
import type { Log } from '../../task/ports/log.ts';
import type { Refusal } from '../refusal.ts';
import { refuse } from '../refusal.ts';
import type { ResolvedResource } from './resolve-resource.ts';
import { download } from './upstream/download.ts';
import type { Downloaded, DownloadLimits } from './upstream/download.ts';
import type { GrowingBody } from './upstream/growing-body.ts';
import type { RequestUpstream } from './upstream/request-upstream.ts';

export type Mirrored =
  | { readonly kind: 'entry'; readonly entry: CacheEntry }
  /** A download that takes long; it is passed on while it continues. */
  | { readonly kind: 'growing'; readonly body: GrowingBody }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface MirrorOptions {
  readonly cache: PackageCache;
  readonly send: RequestUpstream;
  readonly limits: DownloadLimits;
  /** A download is waited for this long, so that one that fails can still be answered with a refusal. */
  readonly followAfterMs: number;
  readonly now: () => Date;
  readonly log: Log;
}

export interface Mirror {
  get(wanted: ResolvedResource, signal: AbortSignal): Promise<Mirrored>;
}

const ATTEMPTS = 2;

/** A download and those who wait for it; it is given up when nobody does. */
interface Flight {
  readonly done: Promise<Downloaded>;
  readonly followable: Promise<GrowingBody>;
  readonly stop: AbortController;
  waiting: number;
}

/** Registries behind a cache. Requests for one thing at the same time fetch it once. */
export function createMirror(options: MirrorOptions): Mirror {
  const { cache, log, now } = options;
  const flights = new Map<string, Flight>();

  /** The copy in the cache, if its bytes are still those that were downloaded. */
  async function openVerified(key: string): Promise<CacheEntry | null> {
    const entry = await cache.open(key);
    if (entry === null || (await entry.verify())) {
      return entry;
    }
    log.error('door: a file of the package cache was damaged and is fetched again', { url: entry.header.url });
    await entry.close();
    await cache.remove(key);
    return null;
  }

  function start(wanted: ResolvedResource & { readonly key: string }, validators: Record<string, string>): Flight {
    const stop = new AbortController();
    const follow = Promise.withResolvers<GrowingBody>();
    let isFollowed = false;
    let timer: NodeJS.Timeout | undefined;
    function onBody(body: GrowingBody): void {
      clearTimeout(timer);
      timer = setTimeout(() => {
        isFollowed = true;
        follow.resolve(body);
      }, options.followAfterMs);
    }
    async function fetchPatiently(): Promise<Downloaded> {
      for (let attempt = 1; ; attempt += 1) {
        const ended = await download(wanted, { ...options, validators, signal: stop.signal, onBody });
        clearTimeout(timer);
        const mayRepeat = attempt < ATTEMPTS && !isFollowed && !stop.signal.aborted;
        if (ended.kind !== 'refused' || !ended.isUnavailable || !mayRepeat) {
          return ended;
        }
      }
    }
    const done = fetchPatiently().finally(() => flights.delete(wanted.key));
    const flight: Flight = { done, followable: follow.promise, stop, waiting: 0 };
    flights.set(wanted.key, flight);
    return flight;
  }

  /** Waits for a flight, and gives it up when the last one who waits hangs up. */
  async function join(flight: Flight, signal: AbortSignal): Promise<Downloaded | GrowingBody> {
    flight.waiting += 1;
    const left = Promise.withResolvers<Downloaded>();
    function leave(): void {
      left.resolve({
        kind: 'refused',
        isUnavailable: false,
        refusal: refuse('PACKAGES_UPSTREAM', 'The client closed the connection.').refusal,
      });
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        flight.stop.abort();
      }
    }
    signal.addEventListener('abort', leave, { once: true });
    const ended = await Promise.race([flight.done, flight.followable, left.promise]);
    void flight.done.catch(() => undefined).then(() => signal.removeEventListener('abort', leave));
    return ended;
  }

  async function get(wanted: ResolvedResource, signal: AbortSignal): Promise<Mirrored> {
    const key = keyOf(wanted);
    const cached = await openVerified(key);
    if (cached !== null && now().getTime() - cached.confirmedAt.getTime() < wanted.resource.freshMs) {
      return { kind: 'entry', entry: cached };
    }
    const flight = flights.get(key) ?? start({ ...wanted, key }, cached?.header.headers ?? {});
    const ended = await join(flight, signal);
    if (!('kind' in ended)) {
      // Not waited for: reading has to begin before the download can end and close its file
      void cached?.close();
      return { kind: 'growing', body: ended };
    }
    if (ended.kind === 'stored') {
      await cached?.close();
      const entry = await cache.open(key);
      return entry === null
        ? { kind: 'refused', refusal: refuse('PACKAGES_UPSTREAM', 'The package cache is full.', 5).refusal }
        : { kind: 'entry', entry };
    }
    if (cached !== null && (ended.kind === 'unchanged' || ended.isUnavailable)) {
      if (ended.kind === 'unchanged') {
        await cache.touch(key, now());
      } else {
        log.warn('door: an older copy of metadata is served', { url: wanted.url.href, reason: ended.refusal.message });
      }
      return { kind: 'entry', entry: cached };
    }
    await cached?.close();
    if (ended.kind === 'unchanged') {
      // The copy went away between the question and the answer
      return get(wanted, signal);
    }
    if (ended.refusal.code === 'PACKAGES_UPSTREAM') {
      log.warn('door: a package could not be fetched', { url: wanted.url.href, reason: ended.refusal.message });
    }
    return { kind: 'refused', refusal: ended.refusal };
  }

  return { get };
}

function keyOf({ url, resource }: ResolvedResource): string {
  return createHash('sha256')
    .update(`${url.href}\n${resource.accept ?? ''}`)
    .digest('hex');
}
