import { randomUUID } from 'node:crypto';
import { createS3Objects, type S3Place } from './s3-objects.ts';
import { explainS3Problem, type S3Problem } from './s3-problem.ts';

/** What each step of the probe needs, in the words of S3's policies. */
const RIGHTS = { put: 's3:PutObject', get: 's3:GetObject', list: 's3:ListBucket', remove: 's3:DeleteObject' } as const;

/**
 * Tries what Bosun does with the bucket: writes a small object, reads it, lists it, and removes it. Null when all of it
 * works; else the first thing that does not, with the right it needs.
 */
export async function probeS3(place: S3Place): Promise<S3Problem | null> {
  const objects = createS3Objects({ ...place, maxAttempts: place.maxAttempts ?? 2 });
  const key = `bosun-probe/${randomUUID()}`;
  const steps: readonly (readonly [keyof typeof RIGHTS, () => Promise<unknown>])[] = [
    ['put', () => objects.put(key, Buffer.from('written by Bosun to see whether it can\n'))],
    ['get', () => objects.get(key)],
    ['list', () => objects.list(key)],
    ['remove', () => objects.remove(key)],
  ];
  for (const [step, run] of steps) {
    try {
      await run();
    } catch (error) {
      const problem = explainS3Problem(error, place);
      return problem.kind === 'away' ? problem : { ...problem, found: `${problem.found} ${RIGHTS[step]} failed.` };
    }
  }
  return null;
}
