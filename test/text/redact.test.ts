import * as fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { createRedactor } from '../../app/text/redact.ts';

const KEY = 'sk-ant-api03-Zk3v9QpL7wXc2RtB8nYm4HsD6fGj1aVe5uT0iOo';
const HOOK = '9f86d081884c7d659a2feaa0c55ad015';
const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();
const redactor = createRedactor([KEY, HOOK, PEM, null, undefined, '', 'short']);

function kinds(content: string | Uint8Array): string[] {
  return redactor.findSecrets(content).map(({ kind }) => kind);
}

const encodings: [string, (text: string) => string][] = [
  ['as it is', (text) => text],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64 one byte on', (text) => Buffer.from(`a${text}`).toString('base64')],
  ['base64 two bytes on', (text) => Buffer.from(`ab${text}c`).toString('base64')],
  ['base64url', (text) => Buffer.from(`{"key":"${text}"}`).toString('base64url')],
  ['hex', (text) => Buffer.from(text).toString('hex')],
  ['hex in capitals', (text) => Buffer.from(text).toString('hex').toUpperCase()],
  ['percent signs', (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase()}`).join('')],
  ['reversed', (text) => [...text].toReversed().join('')],
  ['reversed in base64', (text) => Buffer.from([...text].toReversed().join('')).toString('base64')],
  ['in JSON', (text) => JSON.stringify({ text })],
  ['in a URL', (text) => `https://x.example/?k=${encodeURIComponent(text)}`],
];

describe('a known secret', () => {
  for (const [name, secret] of [
    ['model key', KEY],
    ['webhook secret', HOOK],
  ] as const) {
    test.each(encodings)(`(${name}) is hidden and found %s`, (_how, encode) => {
      const text = `before ${encode(secret)} after`;
      const hidden = redactor.redact(text);
      expect(hidden).toContain('[redacted]');
      expect(hidden).toMatch(/^before .*after$/);
      expect(hidden.length).toBeLessThan(48 + 14);
      expect(kinds(text)).not.toEqual([]);
    });
  }

  test('of several lines is hidden line by line', () => {
    const hidden = redactor.redact(`key:\n${PEM}`);
    const lines = PEM.trim().split('\n').slice(1, -1);
    expect(lines.filter((line) => hidden.includes(line))).toEqual([]);
    expect(redactor.redact(PEM.replaceAll('\n', '\\n'))).not.toContain(lines[3]);
    expect(kinds(lines[4] ?? '')).toEqual(['known secret']);
  });

  test('is found in parts of twelve characters, but not of eleven', () => {
    expect(kinds(`x = "${KEY.slice(20, 32)}"`)).toEqual(['part of a known secret']);
    expect(kinds(`x = "${KEY.slice(20, 31)}"`)).toEqual([]);
    expect(kinds(KEY.slice(7 + 6))).not.toEqual([]);
    expect(kinds(`"${KEY.slice(13, 27)}" + "${KEY.slice(27, 41)}"`)).toEqual([
      'part of a known secret',
      'part of a known secret',
    ]);
  });

  test('is found in bytes, also with two bytes a character', () => {
    expect(kinds(Buffer.from(`\0\xff${KEY}`, 'latin1'))).toEqual(['known secret']);
    expect(kinds(Buffer.from(KEY, 'utf16le'))).toEqual(['known secret']);
  });

  test('is hidden once it is learned', () => {
    const own = createRedactor([]);
    const text = 'token Qx7ZpL2vW9rT4yNb';
    expect(own.redact(text)).toBe(text);
    own.add('Qx7ZpL2vW9rT4yNb');
    expect(own.redact(text)).toBe('token [redacted]');
  });

  test('made of words is found whole, and not by its words', () => {
    const own = createRedactor(['correct-horse-battery-staple']);
    expect(own.redact('correct-horse-battery-staple')).toBe('[redacted]');
    expect(own.redact('a horse-battery-staple')).toBe('a horse-battery-staple');
  });

  test('too short is not looked for', () => {
    expect(redactor.redact('short')).toBe('short');
  });
});

const RANDOM = 'a8Kd03jFkq92LmXz71QpWv5TnBc64RyHs0Ge8Ui';

describe('what looks like a credential', () => {
  test.each([
    ['an installation token', `ghs_${RANDOM}`],
    ['an installation token of the new form', `ghs_123456_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTYifQ.${RANDOM}-_x`],
    ['a personal token', `ghp_${RANDOM}`],
    ['a fine-grained token', `github_pat_11AAAAAAA0${RANDOM}`],
    ['an Anthropic key', `sk-ant-api03-${RANDOM}`],
    ['an OpenAI key', `sk-proj-${RANDOM}`],
    ['an AWS key', 'AKIAQ3EGRZ7XWVT5LMNP'],
    ['an AWS secret', `aws_secret_access_key = ${RANDOM}0`],
    ['a Google key', `AIza${RANDOM.slice(0, 35)}`],
    ['a Slack token', 'xoxb-1234567890-abcdefGHIJ'],
    ['an npm token', `npm_${RANDOM.slice(0, 36)}`],
    ['a GitLab token', `glpat-${RANDOM.slice(0, 20)}`],
    ['a JSON web token', `eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTYifQ.${RANDOM}`],
    [
      'a private key',
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString()
        .trim(),
    ],
  ])('is hidden and found: %s', (_name, credential) => {
    expect(redactor.redact(`a ${credential} b`)).toBe('a [redacted] b');
    expect(kinds(`a ${credential} b`)).toHaveLength(1);
  });

  test.each([
    ['a header', `authorization: Bearer ${RANDOM}`, '[redacted]'],
    ['a password in a URL', 'postgres://bosun:hunter2@db/x', 'postgres://bosun:[redacted]@db/x'],
  ])('is hidden in logs only: %s', (_name, text, hidden) => {
    expect(redactor.redact(text)).toBe(hidden);
    expect(kinds(text)).toEqual([]);
  });

  test.each([
    ['an example', 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'],
    ['a commit', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['a path', 'node_modules/@anthropic-ai/sdk/resources/messages.js'],
    ['a word with a dash', 'task-management-and-other-long-words-in-names'],
    ['a heading of a key', '-----BEGIN RSA PRIVATE KEY-----'],
  ])('is not: %s', (_name, text) => {
    expect(redactor.redact(text)).toBe(text);
    expect(kinds(text)).toEqual([]);
  });
});

test('a found secret never carries its value', () => {
  expect(JSON.stringify(redactor.findSecrets(`${KEY} ghp_${RANDOM}`))).not.toMatch(/Zk3v9|a8Kd03/);
});

test('wherever a secret stands in a text, and however it is written, it is removed', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...encodings), fc.string(), (before, [, encode], after) => {
      const hidden = redactor.redact(`${before}${encode(KEY)}${after}`);
      expect(hidden).not.toContain(encode(KEY).slice(8, 40));
    }),
    { numRuns: 200 },
  );
});

test('four megabytes are searched in a moment', () => {
  const text = 'const value = compute(input, 42); // nothing to see here\n'.repeat(75_000);
  const before = process.cpuUsage().user;
  expect(kinds(text)).toEqual([]);
  expect((process.cpuUsage().user - before) / 1_000).toBeLessThan(3_000);
});

test.each([
  ['AKIAIOSFODNN7EXAMPLE', []],
  ['AKIAI44QH8DHBEXAMPLE', []],
  ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', []],
  ['AKIAIOSFODNN7EXAMPL2', ['AWS access key']],
  ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYa9Lm2QpX7z', ['AWS secret key']],
])('the documented example passes and its like does not: %s', (text, kinds) => {
  expect(
    createRedactor([])
      .findSecrets(text)
      .map(({ kind }) => kind),
  ).toEqual(kinds);
});
