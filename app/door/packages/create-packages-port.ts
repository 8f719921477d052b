import type { PackagesConfig } from '../../config/packages-config.ts';
import type { Log } from '../../task/ports/log.ts';
import { openPackageCache } from './cache/package-cache.ts';
import type { PackagesPort } from './handle-packages.ts';
import { createMirror } from './mirror.ts';
import { createRegistryTable } from './registry-table.ts';
import { createRequestUpstream } from './upstream/request-upstream.ts';

const MIB = 1024 ** 2;
const TIMES = { answerMs: 30_000, silenceMs: 60_000, totalMs: 30 * 60_000 };
const SIZES = { archiveBytes: 1024 * MIB, metadataBytes: 128 * MIB };
/** pip gives up after 15 s without a byte. */
const FOLLOW_AFTER_MS = 3_000;

export interface PackagesOptions {
  readonly config: PackagesConfig;
  /** Where downloads are kept; shared by the processes of a data directory. */
  readonly directory: string;
  readonly cacheBytes: number;
  readonly proxy?: Readonly<Record<string, string | undefined>>;
  readonly mayUsePackages: PackagesPort['mayUsePackages'];
  readonly now: () => Date;
  readonly log: Log;
  readonly limits?: Partial<typeof TIMES & typeof SIZES & { followAfterMs: number }>;
}

/** The package mirrors: registries of the operator's choice behind one cache. */
export async function createPackagesPort(options: PackagesOptions): Promise<PackagesPort> {
  const limits = { ...TIMES, ...SIZES, followAfterMs: FOLLOW_AFTER_MS, ...options.limits };
  return {
    table: createRegistryTable(options.config),
    mirror: createMirror({
      cache: await openPackageCache({ directory: options.directory, maxBytes: options.cacheBytes }),
      send: createRequestUpstream(limits, options.proxy),
      // One archive never takes most of the cache
      limits: { ...limits, archiveBytes: Math.min(limits.archiveBytes, Math.floor(options.cacheBytes / 2)) },
      followAfterMs: limits.followAfterMs,
      now: options.now,
      log: options.log,
    }),
    mayUsePackages: options.mayUsePackages,
  };
}
