import type { IncomingMessage, ServerResponse } from 'node:http';
import { DOOR_PATHS, takeStart } from '../../../protocol/index.ts';
import type { DoorSession } from '../../store/stores.ts';
import { enter } from '../attempt-memory.ts';
import type { AttemptMemory } from '../attempt-memory.ts';
import type { DoorLimits } from '../door-limits.ts';
import { refuse, sendRefusal } from '../refusal.ts';
import type { Checked, Refusal } from '../refusal.ts';
import type { Mirror } from './mirror.ts';
import { parsePackagePath } from './parse-path.ts';
import type { RegistryTable } from './registry-table.ts';
import { resolveResource } from './resolve-resource.ts';
import type { ResolvedResource } from './resolve-resource.ts';
import { listReplacements } from './rewrite-urls.ts';
import { serveEntry, serveGrowing } from './serve-resource.ts';

/** What stands behind `DOOR_PATHS.packages`. */
export interface PackagesPort {
  readonly table: RegistryTable;
  readonly mirror: Mirror;
  /** Open while the session of this attempt prepares an environment; once closed it stays closed. */
  readonly mayUsePackages: (session: DoorSession) => 'open' | 'closed' | Promise<'open' | 'closed'>;
}

/** Answers a request for a package: who may ask, what it names, and then from the cache or the registry. */
export async function handlePackages(
  exchange: { request: IncomingMessage; response: ServerResponse; session: DoorSession; memory: AttemptMemory },
  { packages, limits, now }: { packages: PackagesPort | undefined; limits: DoorLimits; now: Date },
): Promise<void> {
  const { request, response, memory } = exchange;
  if (packages === undefined) {
    refusePackage(response, refuse('PACKAGES_CLOSED', 'This server has no package mirrors.').refusal);
    return;
  }
  const resolved = await admit(exchange, packages);
  if (!resolved.ok) {
    refusePackage(response, resolved.refusal);
    return;
  }
  const entered = enterPackages(memory, { limits, now });
  if (!entered.ok) {
    refusePackage(response, entered.refusal);
    return;
  }
  const hangUp = new AbortController();
  response.once('close', () => hangUp.abort());
  try {
    await serve(resolved.value, {
      request,
      response,
      mirror: packages.mirror,
      signal: hangUp.signal,
      spend: (bytes) => {
        memory.packages.bytes += bytes;
        return memory.packages.bytes <= limits.packageBytes;
      },
    });
  } finally {
    entered.value();
  }
}

async function admit(
  { request, session }: { request: IncomingMessage; session: DoorSession },
  packages: PackagesPort,
): Promise<Checked<ResolvedResource>> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(
      'METHOD_NOT_ALLOWED',
      'Package mirrors answer GET and HEAD only; publishing and audits are not supported.',
    );
  }
  if ((await packages.mayUsePackages(session)) === 'closed') {
    return refuse(
      'PACKAGES_CLOSED',
      'Package mirrors are open only while the environment is prepared. Install what is needed in `setup`.',
    );
  }
  const parsed = parsePackagePath(request.url ?? '');
  return parsed.ok ? resolveResource(parsed.value, packages.table, request.headers.accept ?? '') : parsed;
}

function enterPackages(memory: AttemptMemory, { limits, now }: { limits: DoorLimits; now: Date }): Checked<() => void> {
  const { packages } = memory;
  if (packages.requests >= limits.packageRequests || packages.bytes >= limits.packageBytes) {
    return refuse(
      'PACKAGES_LIMIT',
      `This attempt has used up its ${limits.packageRequests} requests or ${limits.packageBytes} bytes of packages.`,
    );
  }
  const entered = enter(packages.gate, {
    now,
    concurrency: limits.packageConcurrency,
    perMinute: limits.packageRequests,
  });
  packages.requests += entered.ok ? 1 : 0;
  return entered;
}

async function serve(
  wanted: ResolvedResource,
  exchange: {
    request: IncomingMessage;
    response: ServerResponse;
    mirror: Mirror;
    signal: AbortSignal;
    spend: (bytes: number) => boolean;
  },
): Promise<void> {
  const { request, response, mirror, signal } = exchange;
  const { registry, resource, askedFor } = wanted;
  const base = mirrorBase(request);
  if (resource.render !== undefined) {
    const { type, body } = resource.render(`${base}/${askedFor}`);
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? '' : body);
    return;
  }
  const mirrored = await mirror.get(wanted, signal);
  if (mirrored.kind === 'refused') {
    refusePackage(response, mirrored.refusal);
    return;
  }
  const replacements = resource.rewrite
    ? listReplacements(registry, { own: `${base}/${askedFor}`, its: `${base}/${registry.name}` })
    : [];
  if (mirrored.kind === 'growing') {
    await serveGrowing(exchange, mirrored.body, replacements);
    return;
  }
  try {
    await serveEntry(exchange, mirrored.entry, replacements);
  } finally {
    await mirrored.entry.close();
  }
}

/** The mirror's address as the client sees it: that of the forwarder it asked. */
function mirrorBase({ headers }: IncomingMessage): string {
  const host = headers.host ?? '';
  return /^[A-Za-z0-9.-]{1,253}(?::\d{1,5})?$|^\[[0-9a-f:]+\](?::\d{1,5})?$/i.test(host)
    ? `http://${host}${DOOR_PATHS.packages}`
    : DOOR_PATHS.packages;
}

/** Package managers show the reason phrase and seldom the body, so the sentence stands in both. */
function refusePackage(response: ServerResponse, refusal: Refusal): void {
  response.statusMessage = takeStart(refusal.message.replaceAll(/[^\x20-\x7e]/g, '?'), 300);
  sendRefusal(response, refusal);
}
