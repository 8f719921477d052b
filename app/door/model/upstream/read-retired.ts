import { Readable } from 'node:stream';
import { isRetired } from '../ask/is-retired.ts';
import type { AnswerMessage } from '../dialect.ts';

const MAX_BYTES = 64 * 1024;
const STATUSES: ReadonlySet<number> = new Set([400, 404, 410]);

interface Answer {
  readonly status: number;
  readonly message: AnswerMessage;
}

/**
 * Whether the provider answered that it no longer has the model, looked at only where another can take its place. Any other
 * answer is given back to be relayed.
 */
export async function readRetired(
  answer: Answer,
  { isReplaceable }: { readonly isReplaceable: boolean },
): Promise<Answer | 'retired'> {
  const { message, status } = answer;
  if (!isReplaceable || !STATUSES.has(status)) {
    return answer;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length <= MAX_BYTES) {
        chunks.push(chunk);
      }
    }
  } catch {
    // What arrived of a refusal is all that there is of it
  }
  const bytes = Buffer.concat(chunks);
  const { 'content-length': _length, ...headers } = message.headers;
  return isRetired(status, parse(bytes))
    ? 'retired'
    : { status, message: Object.assign(Readable.from([bytes]), { headers }) };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
