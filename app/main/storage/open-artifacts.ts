import path from 'node:path';
import type { ServerConfig } from '../../config/server-config.ts';
import { createDirectoryArtifacts } from '../../store/artifacts/directory-artifacts.ts';
import type { S3Place } from '../../store/artifacts/s3/s3-objects.ts';
import type { Artifacts } from '../../store/artifacts.ts';
import type { Logger } from '../../telemetry/log.ts';
import { makePrivate } from '../make-private.ts';

/**
 * Opens the place of artifacts. Throws a sentence when a bucket cannot be used; one that is unavailable is only warned
 * of.
 */
export async function openArtifacts(
  config: ServerConfig['storage'],
  options: { log: Pick<Logger, 'warn'> },
): Promise<Artifacts> {
  const place = s3PlaceOf(config);
  if (place === null) {
    await makePrivate([artifactsDirectory(config)]);
    return createArtifacts(config);
  }
  const { probeS3 } = await import('../../store/artifacts/s3/probe-s3.ts');
  const problem = await probeS3(place);
  if (problem?.kind === 'setting') {
    throw new Error(`${problem.found} ${problem.remedy}`);
  }
  if (problem !== null) {
    options.log.warn('The artifact store does not answer; what workers push is refused until it does', {
      found: problem.found,
    });
  }
  return createArtifacts(config);
}

/** The artifacts as they are, with nothing tried and nothing made: for a look beside a running Bosun. */
export async function createArtifacts(config: ServerConfig['storage']): Promise<Artifacts> {
  const place = s3PlaceOf(config);
  if (place === null) {
    return createDirectoryArtifacts({ directory: artifactsDirectory(config) });
  }
  // The SDK of AWS takes much memory; it is loaded only where there is a bucket.
  const { createS3Artifacts } = await import('../../store/artifacts/s3/s3-artifacts.ts');
  return createS3Artifacts(place);
}

/** Null where artifacts are in a directory. */
export function s3PlaceOf({ artifacts, s3EndpointUrl }: ServerConfig['storage']): S3Place | null {
  return artifacts?.kind === 's3'
    ? { bucket: artifacts.bucket, prefix: artifacts.prefix, endpointUrl: s3EndpointUrl }
    : null;
}

function artifactsDirectory({ artifacts, dataDir }: ServerConfig['storage']): string {
  return artifacts?.kind === 'directory' ? artifacts.path : path.join(dataDir, 'artifacts');
}
