import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isGone } from '../../write-all.ts';
import type { AnswerFacts, AnswerMessage, AnswerReader } from '../dialect.ts';
import { AnswerSilent } from './send-upstream.ts';

/** How an answer ended: all of it came; the provider cut it; or the door stopped reading. */
export interface Relayed {
  readonly ending: 'complete' | 'cut' | 'given_up';
  readonly facts: AnswerFacts;
}

export interface RelayRules {
  /** Aborted at the hard deadline of the request, or when the door closes. */
  readonly stop: AbortSignal;
  /** Longest answer that is read. */
  readonly maxBytes: number;
  /** Bytes a worker may leave unread before its connection is cut. */
  readonly maxUnreadBytes: number;
}

/**
 * Reads the provider's answer to its end, at the pace at which it comes, and hands a copy to the worker. A worker that
 * reads slowly, not at all, or hangs up never slows or ends the reading: what it costs is only known at the end.
 */
export async function relayAnswer(
  answer: { message: AnswerMessage; status: number; headers: OutgoingHttpHeaders },
  worker: { response: ServerResponse; reader: AnswerReader },
  rules: RelayRules,
): Promise<Relayed> {
  const { message } = answer;
  const { response, reader } = worker;
  let bytes = 0;
  if (!isGone(response)) {
    response.writeHead(answer.status, answer.headers);
    response.flushHeaders();
  }
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      reader.push(chunk);
      bytes += chunk.length;
      if (bytes > rules.maxBytes) {
        message.destroy();
        response.destroy();
        return { ending: 'given_up', facts: reader.facts() };
      }
      copyTo(response, chunk, rules.maxUnreadBytes);
    }
  } catch (error) {
    // The worker must see a cut too, not an answer that seems whole
    response.destroy();
    const ours = rules.stop.aborted || error instanceof AnswerSilent;
    return { ending: ours ? 'given_up' : 'cut', facts: reader.facts() };
  }
  if (!isGone(response)) {
    response.end();
  }
  return { ending: 'complete', facts: reader.facts() };
}

function copyTo(response: ServerResponse, chunk: Buffer, maxUnreadBytes: number): void {
  if (isGone(response)) {
    return;
  }
  response.write(chunk);
  if (response.writableLength > maxUnreadBytes) {
    response.destroy();
  }
}
