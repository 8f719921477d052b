import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createRedactor } from '../../app/text/redact.ts';

const KEY = 'sk-ant-api03-Zk3v9QpL7wXc2RtB8nYm4HsD6fGj1aVe5uT0iOo';
const WEBHOOK = '9f86d081884c7d659a2feaa0c55ad015';
const redactor = createRedactor([KEY, WEBHOOK]);
const kinds = (content: string | Uint8Array) => redactor.findSecrets(Buffer.from(content)).map(({ kind }) => kind);

const perCharacter = (text: string, write: (code: number) => string) =>
  [...text].map((letter) => write(letter.charCodeAt(0))).join('');
const hex = (code: number) => code.toString(16).padStart(2, '0');
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const rotate13 = (text: string) =>
  text.replaceAll(/[a-z]/gi, (letter) =>
    String.fromCharCode(letter.charCodeAt(0) + (letter.toLowerCase() < 'n' ? 13 : -13)),
  );
const log = (text: string) => `starting\nkey=${text}\n${'ready '.repeat(40)}`;

const ENCODINGS: Readonly<Record<string, (secret: string) => string | Uint8Array>> = {
  'gzip in base64': (secret) => base64(gzipSync(log(secret))),
  'zlib in base64': (secret) => base64(deflateSync(log(secret))),
  'deflate in base64url': (secret) => Buffer.from(deflateRawSync(log(secret))).toString('base64url'),
  'zstd in base64': (secret) => base64(zstdCompressSync(log(secret))),
  'gzip in hex': (secret) => gzipSync(log(secret)).toString('hex'),
  'gzip alone': (secret) => gzipSync(log(secret)),
  'gzip in base64 of 76 columns': (secret) =>
    base64(gzipSync(`${log(secret)}${base64(Buffer.from(ENTROPY))}`)).replaceAll(/.{76}/g, '$&\n'),
  'gzip in base64 in a list of literals': (secret) =>
    base64(gzipSync(`${log(secret)}${base64(Buffer.from(ENTROPY))}`)).replaceAll(/.{64}/g, '$&" +\n    "'),
  'gzip in base64 twice': (secret) => base64(Buffer.from(base64(gzipSync(log(secret))))),
  'zero-width spaces between the characters': (secret) => [...secret].join('\u200b'),
  'word joiners and soft hyphens between them': (secret) => [...secret].join('\u2060\u00ad'),
  'blanks between them': (secret) => [...secret].join(' '),
  'pieces of a sum of strings': (secret) => [...secret].map((letter) => `"${letter}"`).join(' + '),
  'full-width letters': (secret) =>
    perCharacter(secret, (code) => String.fromCodePoint(code > 32 && code < 127 ? code + 0xfee0 : code)),
  'percent signs in lower case': (secret) => perCharacter(secret, (code) => `%${hex(code)}`),
  'percent signs in mixed case': (secret) =>
    perCharacter(secret, (code) => `%${code % 2 === 0 ? hex(code) : hex(code).toUpperCase()}`),
  'percent signs twice': (secret) => perCharacter(secret, (code) => `%25${hex(code)}`),
  'hex with colons': (secret) => perCharacter(secret, (code) => `${hex(code)}:`),
  'hex with 0x and commas': (secret) => perCharacter(secret, (code) => `0x${hex(code)}, `),
  'hex with backslashes': (secret) => perCharacter(secret, (code) => `\\x${hex(code)}`),
  'JSON escapes': (secret) => perCharacter(secret, (code) => `\\u00${hex(code)}`),
  'JavaScript escapes': (secret) => perCharacter(secret, (code) => `\\u{0000${hex(code)}}`),
  'octal escapes': (secret) => perCharacter(secret, (code) => `\\${code.toString(8).padStart(3, '0')}`),
  'HTML entities': (secret) => perCharacter(secret, (code) => `&#${code};`),
  'HTML entities in hex': (secret) => perCharacter(secret, (code) => `&#x${hex(code)};`),
  'quoted-printable': (secret) => perCharacter(secret, (code) => `=${hex(code).toUpperCase()}`),
  'quoted-printable over two lines': (secret) => `${secret.slice(0, 9)}=\r\n${secret.slice(9)}`,
  'a list of numbers': (secret) => `[${[...Buffer.from(secret)].join(', ')}]`,
  rot13: rotate13,
  'rot13 in base64': (secret) => base64(Buffer.from(`x = ${rotate13(secret)}`)),
  'base64 of percent signs': (secret) => base64(Buffer.from(perCharacter(secret, (code) => `%${hex(code)}`))),
};

const ENTROPY = Array.from({ length: 300 }, (_, index) => (index * 7919) % 256);

test.each(Object.entries(ENCODINGS))('a known secret is found as %s', (_, encode) => {
  expect([KEY, WEBHOOK].map((secret) => kinds(encode(secret)).length > 0)).toEqual([true, true]);
});

test.each<[string, string | Uint8Array]>([
  ['prose', 'The quick brown fox jumps over the lazy dog. '.repeat(200)],
  ['a lock file', Array.from({ length: 500 }, (_, at) => `sha512-${base64(Buffer.alloc(64, at))}`).join('\n')],
  ['other bytes in hex', Buffer.from(ENTROPY).toString('hex')],
  ['other compressed bytes', base64(gzipSync(log('nothing')))],
  ['escapes of other text', perCharacter('nothing to see here', (code) => `\\u00${hex(code)}%${hex(code)}`)],
])('%s has none', (_, content) => {
  expect(kinds(content)).toEqual([]);
});

test('what unfolds into more than is searched is not taken for harmless', () => {
  expect(kinds(base64(gzipSync(Buffer.alloc(16 * 1024 * 1024))))).toEqual(['encoded content too large to search']);
});

test('an example that looks like a credential hides no encoded secret', () => {
  const example = 'ghp_a8Kd03jFkq92LmXz71QpWv5TnBc64RyHs0Ge';
  expect(kinds(`${example} ${base64(gzipSync(log(KEY)))}`)).toEqual(['GitHub token', 'known secret, encoded']);
});
