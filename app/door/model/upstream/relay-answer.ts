import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { isGone, writeChunk } from '../../write-all.ts';
import { createJsonUsageReader, createStreamUsageReader } from './usage-reader.ts';
import type { UsageSeen } from './usage-reader.ts';

/** How an answer ended: all of it came; it was cut on the way; or nobody was left to wait for its end. */
export interface Relayed {
  readonly ending: 'complete' | 'cut' | 'abandoned';
  readonly seen: UsageSeen;
}

/**
 * Hands the provider's answer to the worker byte by byte as it comes, at the worker's pace, and reads the usage beside
 * it. When the worker hangs up, reading goes on until `abandon` says otherwise: hanging up does not make tokens free.
 */
export async function relayAnswer(
  answer: { message: IncomingMessage; status: number; headers: OutgoingHttpHeaders },
  response: ServerResponse,
  abandon: AbortSignal,
): Promise<Relayed> {
  const { message } = answer;
  const isStream = (message.headers['content-type'] ?? '').startsWith('text/event-stream');
  const reader = isStream ? createStreamUsageReader() : createJsonUsageReader();
  if (!isGone(response)) {
    response.writeHead(answer.status, answer.headers);
    response.flushHeaders();
  }
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      reader.push(chunk);
      await writeChunk(chunk, response);
    }
  } catch {
    // Cut on the way. The worker must see a cut too, not an answer that seems whole
    response.destroy();
    return { ending: abandon.aborted ? 'abandoned' : 'cut', seen: reader.seen() };
  }
  response.end();
  return { ending: 'complete', seen: reader.seen() };
}
