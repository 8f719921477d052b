import { crc32 } from 'node:zlib';

const STRING = 7;

/** One frame of Amazon's event streams: lengths, headers, payload, and checksums of both. */
export function frame(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const sizes = Buffer.from([Buffer.byteLength(name)]);
      const length = Buffer.alloc(3);
      length.writeUInt8(STRING, 0);
      length.writeUInt16BE(Buffer.byteLength(value), 1);
      return Buffer.concat([sizes, Buffer.from(name), length, Buffer.from(value)]);
    }),
  );
  const body = Buffer.from(payload);
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(12 + head.length + body.length + 4, 0);
  prelude.writeUInt32BE(head.length, 4);
  const most = Buffer.concat([prelude, number(crc32(prelude)), head, body]);
  return Buffer.concat([most, number(crc32(most))]);
}

/** An event of the Messages API as Bedrock streams it. */
export function chunk(event: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  const headers = { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' };
  return frame(headers, JSON.stringify({ bytes, p: 'abcdefghijkl' }));
}

export function exception(type: string, message: string): Buffer {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' };
  return frame(headers, JSON.stringify({ message }));
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
