export type DecodedText =
  | { readonly ok: true; readonly text: string }
  /** `why` continues from "the file": `is encoded as UTF-16`. */
  | { readonly ok: false; readonly why: string };

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/** Bytes of a file as text: UTF-8, with or without a byte order mark. Everything else is named, so that people can fix it. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = wideEncodingOf(buffer);
  if (wide !== null) {
    return { ok: false, why: `is encoded as ${wide}; save it as UTF-8` };
  }
  if (buffer.toString('latin1', 0, LFS_POINTER.length) === LFS_POINTER) {
    return { ok: false, why: 'is only a pointer of Git LFS, and the file itself is not in the repository' };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer);
    return text.includes('\0')
      ? { ok: false, why: 'contains NUL characters, so it is not text; save it as UTF-8' }
      : { ok: true, text };
  } catch {
    return { ok: false, why: `is not UTF-8${placeOf(buffer)}; save it as UTF-8` };
  }
}

/** UTF-16 and UTF-32 by their byte order mark, or by the zeros that plain letters leave in every other byte. */
function wideEncodingOf(buffer: Buffer): string | null {
  const [a, b, c, d] = buffer;
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff)) {
    return 'UTF-32';
  }
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return 'UTF-16';
  }
  const start = buffer.subarray(0, 512);
  const zeros = [0, 0];
  start.forEach((byte, index) => {
    zeros[index % 2] = (zeros[index % 2] ?? 0) + (byte === 0 ? 1 : 0);
  });
  const [even = 0, odd = 0] = zeros;
  const half = start.length / 2;
  return half >= 4 && Math.max(even, odd) > half * 0.8 && Math.min(even, odd) < half * 0.2 ? 'UTF-16' : null;
}

/** ` in line 3`, for the first line that is wrong. */
function placeOf(buffer: Buffer): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let from = 0;
  while (from < buffer.length) {
    const end = buffer.indexOf(10, from);
    try {
      decoder.decode(buffer.subarray(from, end === -1 ? buffer.length : end));
    } catch {
      return ` in line ${line}`;
    }
    if (end === -1) {
      break;
    }
    from = end + 1;
    line += 1;
  }
  return '';
}
