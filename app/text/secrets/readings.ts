import { isUtf8 } from 'node:buffer';
import { constants, inflateRawSync, unzipSync, zstdDecompressSync } from 'node:zlib';
import { squeeze } from './secret-forms.ts';

/** A layer is one encoding around another: a percent-encoded base64 of a compressed file has three. */
const MAX_LAYERS = 5;
/** All readings of one content together. */
const MAX_TOTAL_CHARACTERS = 48 * 1024 * 1024;
const MAX_INFLATED_BYTES = 8 * 1024 * 1024;
const LATIN1_BYTES = /[\u0080-\u00ff]/;
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\0]/gu;
const BASE64_RUN = /[A-Za-z0-9+/_-]{16,}/g;
/** The first letters of gzip, zstd and zlib in base64. */
const COMPRESSED_START = /H4sI|KLUv|e[AFJN][A-Za-z0-9]/g;
const MOST_STARTS = 64;
const HEX_RUN = /(?:[0-9a-fA-F]{2}){12,}/g;
const SEPARATED_HEX = /(?:(?:0x|\\x)?[0-9a-f]{2}[^0-9a-z]{1,3}){11,}(?:0x|\\x)?[0-9a-f]{2}/gi;
const DECIMAL_RUN = /\b\d{2,3}(?:[^0-9A-Za-z]{1,6}\d{2,3}){7,}/g;
/** The end of a line inside base64 that was broken into lines, with the quotes of a string literal. */
const LINE_BREAK = /(?<=[A-Za-z0-9+/=_-]{32})["' \t+,\\]{0,12}(?:\\n["' \t+,\\]{0,12})?\r?\n["' \t]{0,40}/g;
const ESCAPE =
  /%([0-9a-f]{2})|=([0-9a-f]{2})|=\r?\n|\\u\{?([0-9a-f]{4,6})\}?|\\x([0-9a-f]{2})|\\([0-3][0-7]{2})|&#x([0-9a-f]{1,6});|&#(\d{1,7});|&([a-z]{2,14});/gi;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  sol: '/',
  plus: '+',
  equals: '=',
  lowbar: '_',
  hyphen: '-',
  period: '.',
  colon: ':',
  shy: '',
  zwj: '',
  zwnj: '',
  zerowidthspace: '',
};

/** More came out of the content than is searched. */
export class TooManyReadings extends Error {
  override readonly name = 'TooManyReadings';
}

/**
 * What a text says once encodings are taken off, layer by layer: invisible characters, escapes of URLs, JSON, HTML and
 * mail, base64, hex, lists of numbers, and compression. Every step takes time in proportion to its input, and what all
 * steps produce is bounded; beyond that this throws. The text is bytes as Latin-1.
 */
export function* readings(text: string): Generator<string> {
  let left = MAX_TOTAL_CHARACTERS;
  let layer = [text];
  const decodedRuns = new Set<string>();
  for (let depth = 0; depth < MAX_LAYERS && layer.length > 0; depth += 1) {
    const next = new Set<string>();
    for (const outer of layer) {
      for (const inner of takeOffOneLayer(outer, decodedRuns)) {
        left -= inner.length;
        if (left < 0) {
          throw new TooManyReadings('decoding produces more than is searched');
        }
        if (inner !== outer && !next.has(inner)) {
          next.add(inner);
          yield inner;
        }
      }
    }
    layer = [...next];
  }
}

/** A run that stands in several readings is decoded once. */
function* takeOffOneLayer(text: string, decodedRuns: Set<string>): Generator<string> {
  yield readCharacters(text);
  yield text.replaceAll(ESCAPE, readEscape);
  yield text.replaceAll(LINE_BREAK, '');
  yield* inflate(Buffer.from(text, 'latin1'));
  for (const [run] of text.matchAll(BASE64_RUN)) {
    if (!decodedRuns.has(run)) {
      decodedRuns.add(run);
      yield* readBytes(Buffer.from(run, 'base64'));
      yield* inflateInside(run);
    }
  }
  for (const [run] of text.matchAll(HEX_RUN)) {
    yield* readBytes(Buffer.from(run, 'hex'));
  }
  for (const [run] of text.matchAll(SEPARATED_HEX)) {
    yield* readBytes(Buffer.from(squeeze(run), 'hex'));
  }
  for (const [run] of text.matchAll(DECIMAL_RUN)) {
    yield* readBytes(Buffer.from(run.match(/\d+/g)?.map(Number) ?? []));
  }
}

/** Compressed data in a run of base64 that begins with something else, which shifts what its letters stand for. */
function* inflateInside(run: string): Generator<string> {
  let tries = 0;
  for (const { index } of run.matchAll(COMPRESSED_START)) {
    if (index > 0) {
      tries += 1;
      yield* inflate(Buffer.from(run.slice(index), 'base64'));
    }
    if (tries === MOST_STARTS) {
      return;
    }
  }
}

/** Letters in other shapes become plain ones; what shows nothing goes. */
function readCharacters(text: string): string {
  const isPlain = !LATIN1_BYTES.test(text) && !text.includes('\0');
  const bytes = isPlain ? Buffer.alloc(0) : Buffer.from(text, 'latin1');
  if (isPlain || !isUtf8(bytes)) {
    return text;
  }
  return bytes.toString('utf8').normalize('NFKC').replaceAll(INVISIBLE, '');
}

function readEscape(escape: string, ...groups: readonly (string | undefined)[]): string {
  const [percent, quoted, unicode, hex, octal, htmlHex, htmlDecimal, name] = groups;
  if (name !== undefined) {
    return ENTITIES[name.toLowerCase()] ?? escape;
  }
  if (octal !== undefined) {
    return fromCode(Number.parseInt(octal, 8));
  }
  if (htmlDecimal !== undefined) {
    return fromCode(Number(htmlDecimal));
  }
  const digits = percent ?? quoted ?? unicode ?? hex ?? htmlHex;
  // A line break of quoted-printable, which is not part of the text
  return digits === undefined ? '' : fromCode(Number.parseInt(digits, 16));
}

function fromCode(code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : '';
}

/** What bytes say as text, and what is compressed in them. Bytes that are neither are searched in their encoded form. */
function* readBytes(bytes: Buffer): Generator<string> {
  yield* inflate(bytes);
  const sample = bytes.subarray(0, 4_096);
  const readable = sample.filter((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127));
  if (readable.length * 10 >= sample.length * 7) {
    yield bytes.toString('latin1');
  }
}

function* inflate(bytes: Buffer): Generator<string> {
  const decompress = decompressorFor(bytes);
  if (decompress === null) {
    return;
  }
  try {
    // Decompresses as much as there is of a stream that was cut
    const options = { maxOutputLength: MAX_INFLATED_BYTES, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 4_096 };
    yield decompress(bytes, options).toString('latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new TooManyReadings('compressed content is larger than is searched', { cause: error });
    }
    // Not compressed after all
  }
}

type Decompress = (
  bytes: Buffer,
  options: { maxOutputLength: number; finishFlush: number; chunkSize: number },
) => Buffer;

function decompressorFor(bytes: Buffer): Decompress | null {
  const [first = 0, second = 0] = bytes;
  if (bytes.length < 10) {
    return null;
  }
  const isGzip = first === 0x1f && second === 0x8b;
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  if (isGzip && bytes[3] === 0) {
    // Without its header of ten bytes, because what stands behind the data would count as damage.
    return (content, options) => inflateRawSync(content.subarray(10), options);
  }
  if (isGzip || isZlib) {
    return unzipSync;
  }
  if (bytes.readUInt32LE() === 0xfd_2f_b5_28) {
    return (content, { maxOutputLength }) => zstdDecompressSync(content, { maxOutputLength });
  }
  const blockType = (first >> 1) & 3;
  const isStored = blockType === 0 && (bytes.readUInt16LE(1) ^ bytes.readUInt16LE(3)) === 0xff_ff;
  const isDeflated = blockType === 1 ? startsWithText(bytes) : blockType === 2 && hasCodeTable(bytes);
  return isStored || isDeflated ? inflateRawSync : null;
}

/** Raw deflate has no signature. Whether a block of fixed codes begins with a character of text. */
function startsWithText(bytes: Buffer): boolean {
  let code = 0;
  for (let at = 3; at < 11; at += 1) {
    code = code * 2 + readBits(bytes, at, 1);
  }
  const character = code - 0x30;
  return (character >= 32 && character < 127) || (character >= 9 && character <= 13);
}

/** Whether a block of dynamic codes describes a complete code; rules out nearly all other bytes at little cost. */
function hasCodeTable(bytes: Buffer): boolean {
  let sum = 0;
  for (let index = 0; index < readBits(bytes, 13, 4) + 4; index += 1) {
    const length = readBits(bytes, 17 + index * 3, 3);
    sum += length === 0 ? 0 : 128 >> length;
  }
  return sum === 128 && readBits(bytes, 3, 5) < 30 && readBits(bytes, 8, 5) < 30;
}

function readBits(bytes: Buffer, at: number, count: number): number {
  const pair = (bytes[at >> 3] ?? 0) | ((bytes[(at >> 3) + 1] ?? 0) << 8);
  return (pair >> (at & 7)) & ((1 << count) - 1);
}
