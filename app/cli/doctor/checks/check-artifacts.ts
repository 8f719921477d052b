import { s3PlaceOf } from '../../../main/storage/open-artifacts.ts';
import { probeS3 } from '../../../store/artifacts/s3/probe-s3.ts';
import { fail, ok, skip, type Check, type Examined } from '../check.ts';

const NAME = 'artifacts';

/** Writes, reads, lists and removes a small object where artifacts are in a bucket; a directory is checked with the data. */
export async function checkArtifacts({ config, broken }: Examined): Promise<Check> {
  if (broken.includes('BOSUN_ARTIFACTS') || broken.includes('AWS_ENDPOINT_URL_S3')) {
    return skip(NAME, 'not checked:  BOSUN_ARTIFACTS or AWS_ENDPOINT_URL_S3 is wrong');
  }
  const { artifacts } = config.storage;
  const place = s3PlaceOf(config.storage);
  if (place === null) {
    return ok(NAME, artifacts?.kind === 'directory' ? `in ${artifacts.path}` : 'below the data directory');
  }
  const problem = await probeS3(place);
  return problem === null
    ? ok(NAME, `the bucket ${place.bucket} can be written, read, listed and cleared`)
    : fail(NAME, problem.found, problem.remedy);
}
