/** One line of git's wire format, or the flush that ends a list. */
export type PktLine = { readonly kind: 'line'; readonly bytes: Buffer } | { readonly kind: 'flush' };

export type PktRead =
  | { readonly kind: 'read'; readonly line: PktLine; readonly rest: Buffer }
  /** More bytes are needed. */
  | { readonly kind: 'short' }
  | { readonly kind: 'malformed' };

export const FLUSH = Buffer.from('0000');

/** Reads the first line of `bytes`. */
export function readPktLine(bytes: Buffer): PktRead {
  if (bytes.length < 4) {
    return { kind: 'short' };
  }
  const prefix = bytes.toString('latin1', 0, 4);
  if (!/^[0-9a-f]{4}$/i.test(prefix)) {
    return { kind: 'malformed' };
  }
  const length = Number.parseInt(prefix, 16);
  if (length === 0) {
    return { kind: 'read', line: { kind: 'flush' }, rest: bytes.subarray(4) };
  }
  if (length < 4) {
    return { kind: 'malformed' };
  }
  if (bytes.length < length) {
    return { kind: 'short' };
  }
  return { kind: 'read', line: { kind: 'line', bytes: bytes.subarray(4, length) }, rest: bytes.subarray(length) };
}

export function pktLine(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}
