import { createHmac } from 'node:crypto';
import { encodeTime } from 'ulid';
import type { KeyStore } from '../store/stores.ts';

const TIME_CHARS = 10;
const RANDOM_CHARS = 16;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Task ids in the form of a ULID, made from the command instead of by chance: its time, and a keyed hash of its semantic
 * key. A command that is delivered again after a backup was restored makes the task it made before, and so finds that
 * task's branch, pull request and comment.
 */
export function createTaskIds(
  keys: Pick<KeyStore, 'get'>,
): (command: { semanticKey: string; at: Date }) => Promise<string> {
  return async ({ semanticKey, at }) => {
    const digest = createHmac('sha256', await keys.get('comment-marker'))
      .update(`task-id:${semanticKey}`)
      .digest();
    const random = Array.from(digest.subarray(0, RANDOM_CHARS), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
    return `${encodeTime(at.getTime(), TIME_CHARS)}${random}`;
  };
}
