/** Characters that stand for nothing secret at the front of well-known credentials. */
const KNOWN_PREFIX = /^(?:gh[opsur]_|github_pat_|sk-ant-[a-z]+\d*-|sk-|Bearer |Basic )/;
const PEM_LINE = /^-----.*-----$/;
const SHORTEST = 8;
/** So much of a known secret, in one piece, counts as a leak of it. */
export const PART_LENGTH = 12;

/** A way to write a known secret. */
export interface SecretForm {
  readonly text: string;
  readonly how: 'plain' | 'encoded';
}

/** Every way of writing a secret that is looked for: as it is, reversed, hex, base32, base64 at each offset, URL, JSON. */
export function secretForms(secret: string): SecretForm[] {
  const forms = new Map<string, SecretForm['how']>();
  for (const core of coresOf(secret)) {
    forms.set(core, 'plain');
    for (const encoded of encodings(core)) {
      if (!forms.has(encoded)) {
        forms.set(encoded, 'encoded');
      }
    }
  }
  return [...forms].map(([text, how]) => ({ text, how }));
}

/** The secret, without a prefix that gives nothing away, and for a PEM its lines of key material. */
export function coresOf(secret: string): string[] {
  const trimmed = secret.trim();
  if (trimmed.includes('-----BEGIN')) {
    const lines = trimmed
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.length >= PART_LENGTH && !PEM_LINE.test(line));
    return [...lines, ...(lines.length > 1 ? [lines.join('')] : [])];
  }
  return trimmed.length < SHORTEST ? [] : [trimmed];
}

/** Windows of a secret that betray it on their own; none for words that could stand in any text. */
export function secretParts(secret: string): string[] {
  const parts = new Set<string>();
  for (const core of coresOf(secret)) {
    const body = core.replace(KNOWN_PREFIX, '');
    for (const text of body.length < PART_LENGTH ? [] : [body, ...encodings(body)]) {
      windowsOf(text).forEach((part) => parts.add(part));
    }
  }
  return [...parts];
}

function windowsOf(text: string): string[] {
  const windows: string[] = [];
  for (let at = 0; at + PART_LENGTH <= text.length; at += 1) {
    const window = text.slice(at, at + PART_LENGTH);
    if (looksRandom(window)) {
      windows.push(window);
    }
  }
  return windows;
}

/**
 * A text without anything that can stand between its letters and digits: blanks, line ends, quotes, separators and the
 * signs before a byte in hex. What was written in pieces is in one piece again.
 */
export function squeeze(text: string): string {
  return text.replaceAll(/\\x|0x|[^A-Za-z0-9]/g, '');
}

/** Windows of a secret as they stand in a squeezed text. */
export function squeezedParts(secret: string): string[] {
  return coresOf(secret).flatMap((core) => {
    const body = core.replace(KNOWN_PREFIX, '');
    return [body, ...encodings(body)].flatMap((text) => windowsOf(squeeze(text)));
  });
}

/** At least two kinds of characters and little repetition: no word of a language, no row of fill characters. */
export function looksRandom(text: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(text)).length;
  return kinds >= 2 && new Set(text).size >= Math.min(7, text.length);
}

function encodings(text: string): string[] {
  const bytes = Buffer.from(text);
  const reversed = [...text].toReversed().join('');
  const all = [
    reversed,
    rotate13(text),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(text),
    percentEncodeAll(bytes),
    JSON.stringify(text).slice(1, -1),
    ...base64AtEachOffset(bytes),
    ...base64AtEachOffset(Buffer.from(reversed)),
    ...base32AtEachOffset(bytes),
  ];
  return all.filter((encoded) => encoded.length >= SHORTEST && encoded !== text);
}

function rotate13(text: string): string {
  return text.replaceAll(/[a-z]/gi, (letter) => {
    const first = letter <= 'Z' ? 65 : 97;
    return String.fromCodePoint(((letter.charCodeAt(0) - first + 13) % 26) + first);
  });
}

function percentEncodeAll(bytes: Buffer): string {
  return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
}

/** Inside a longer text the first and last characters depend on the neighbors; the middle does not. */
function base64AtEachOffset(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const middle = encoded.slice(Math.ceil((offset * 4) / 3), (bytes.length + offset) % 3 === 0 ? undefined : -1);
    return [middle, middle.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32AtEachOffset(bytes: Buffer): string[] {
  return [0, 1, 2, 3, 4].map((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const bits = Array.from(padded, (byte) => byte.toString(2).padStart(8, '0')).join('');
    let encoded = '';
    for (let at = Math.ceil((offset * 8) / 5) * 5; at + 5 <= bits.length; at += 5) {
      encoded += BASE32[Number.parseInt(bits.slice(at, at + 5), 2)] ?? '';
    }
    return encoded;
  });
}
