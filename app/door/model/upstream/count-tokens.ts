import type { CountCall } from '../dialect.ts';
import type { SendUpstream, UpstreamRequest } from './send-upstream.ts';

const MAX_ANSWER_BYTES = 64 * 1024;

/** The provider's own count of a prompt; null when it gives none, for whatever reason: the bound by bytes then stands. */
export async function countTokens(
  send: SendUpstream,
  count: CountCall,
  request: UpstreamRequest,
): Promise<number | null> {
  const sent = await send(request);
  if (sent.kind !== 'answer') {
    return null;
  }
  if (sent.status !== 200) {
    sent.message.resume();
    return null;
  }
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of sent.message as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) {
        return null;
      }
      chunks.push(chunk);
    }
    return count.read(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    return null;
  }
}
