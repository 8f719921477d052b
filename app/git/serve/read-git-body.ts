import { createGunzip } from 'node:zlib';
import { Readable, Transform, pipeline } from 'node:stream';

/** Thrown through the stream when a body is larger than allowed. */
export class BodyTooLarge extends Error {}

/**
 * The body as git meant it: git compresses larger requests with gzip. Both the bytes sent and the bytes they become are
 * counted. Null when the encoding is another one.
 */
export function readGitBody(
  body: AsyncIterable<Uint8Array>,
  options: { encoding: string | undefined; maxBytes: number },
): Readable | null {
  const encoding = options.encoding?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'x-gzip') {
    return null;
  }
  const source = Readable.from(body, { objectMode: false });
  const ignore = (): void => {
    // The reader of the last stream sees the same error.
  };
  if (encoding === 'identity') {
    return pipeline(source, limitBytes(options.maxBytes), ignore);
  }
  return pipeline(source, limitBytes(options.maxBytes), createGunzip(), limitBytes(options.maxBytes), ignore);
}

function limitBytes(maxBytes: number): Transform {
  let total = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      total += chunk.length;
      done(total > maxBytes ? new BodyTooLarge(`the body has more than ${maxBytes} bytes`) : null, chunk);
    },
  });
}
