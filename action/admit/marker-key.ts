import { createHmac, scryptSync } from 'node:crypto';
import { encodeTime } from 'ulid';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/**
 * The key of the hidden markers in comments and pull requests. Nothing remembers a random one between runs, so it is
 * derived from the one secret every run of this repository has, the key of the model provider. Markers are public, so the
 * derivation is slow: nobody can try out keys on them. After the provider's key was replaced, older comments are no longer
 * recognized as ours, which matters only to a task that runs at that moment.
 */
export function deriveMarkerKey(apiKey: string, repositoryId: number): Uint8Array {
  return scryptSync(apiKey, `bosun comment marker 1 ${repositoryId}`, 32, COST);
}

/** What set a task off, as far as it tells one trigger from another. */
export interface TriggerName {
  readonly repositoryId: number;
  readonly thread: number;
  /** `comment-42`, or `label-bosun-2026-11-21T10:00:00.000Z`. */
  readonly cause: string;
  readonly at: Date;
}

/**
 * The id of the task of a trigger: the same in every run, so that what another run of the same trigger left on GitHub can
 * be found by it. A person who presses "Re-run" asks for another try, which has an id of its own.
 */
export function taskIdOf(trigger: TriggerName, about: { key: Uint8Array; runAttempt: number; index: number }): string {
  const name = [trigger.repositoryId, trigger.thread, trigger.cause, about.runAttempt, about.index].join('\n');
  const digest = createHmac('sha256', about.key).update(`task ${name}`).digest();
  const random = Array.from(digest.subarray(0, 16), (byte) => ALPHABET[byte & 31]).join('');
  return `${encodeTime(trigger.at.getTime())}${random}`;
}
