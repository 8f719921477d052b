import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { AnswerMessage, UpstreamCall } from '../dialect.ts';

/** A translated answer. Whoever ends it ends the answer it is made of; an error of that becomes its own. */
export function translatedAnswer(
  chunks: AsyncIterable<Buffer>,
  { headers, contentType }: { headers: IncomingHttpHeaders; contentType: string },
): AnswerMessage {
  const { 'content-length': _length, 'content-encoding': _encoding, ...kept } = headers;
  const stream = Readable.from(chunks, { objectMode: false });
  stream.on('error', () => {
    // Whoever reads it sees the same error
  });
  return Object.assign(stream, { headers: { ...kept, 'content-type': contentType } });
}

/** The body of a request of the Messages API, its model and whether it is to be streamed aside. */
export function splitBody(body: string): { model: string; stream: boolean; fields: Record<string, unknown> } {
  const { model, stream, ...fields } = JSON.parse(body) as Record<string, unknown>;
  return { model: String(model), stream: stream === true, fields };
}

/** Whether the call asks how long a prompt is. */
export function isCount({ path }: UpstreamCall): boolean {
  return path.split('?')[0]?.endsWith('/count_tokens') === true;
}
