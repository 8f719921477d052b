import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { endLogs, joinLogs, type LogTexts } from '../../app/door/events/join-logs.ts';
import { createRedactor } from '../../app/text/redact.ts';

const KNOWN = 'correct-horse-battery-staple-4711';
const { redact } = createRedactor([KNOWN]);

/** What is written of a log that arrives in these pieces. */
function write(pieces: readonly string[]): string {
  let tails: LogTexts = new Map();
  let written = '';
  for (const piece of pieces) {
    const joined = joinLogs(tails, new Map([['agent', piece]]), redact);
    written += joined.complete.get('agent') ?? '';
    ({ tails } = joined);
  }
  return written + (endLogs(tails, redact).get('agent') ?? '');
}

function cutAt(text: string, at: number): string[] {
  return [text.slice(0, at), text.slice(at)];
}

const token = `ghp_${'x7Kq2'.repeat(8)}`;
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

describe('wherever the output is cut, nothing is left of', () => {
  test.each([
    ['a known secret', `export KEY=${KNOWN}\ndone\n`],
    ['a known secret in base64', `${Buffer.from(`KEY=${KNOWN}`).toString('base64')}\n`],
    ['a token by its looks', `remote: https://x-access-token:${token}@github.com/acme/engine\nok\n`],
    ['a header', 'Authorization: Bearer q9Zr1mVb7Kd0sLx2\n'],
    ['a secret at the end of the output', `last line ${KNOWN}`],
  ])('%s', (_, text) => {
    const whole = redact(text).replace(/\n?$/, '\n');
    for (let at = 0; at <= text.length; at += 1) {
      expect(write(cutAt(text, at))).toBe(whole);
    }
    expect(write([...text])).toBe(whole);
  });

  test('a private key, line by line', () => {
    const text = `before\n${privateKey}after\n`;
    expect(write(text.split(/(?<=\n)/))).toBe('before\n[redacted]\nafter\n');
    for (let at = 0; at <= text.length; at += 37) {
      expect(write(cutAt(text, at))).toBe('before\n[redacted]\nafter\n');
    }
  });

  test('a secret in a line that is too long to wait for', () => {
    const filler = 'lorem ipsum '.repeat(1_400);
    for (const offset of [0, 4_000, 4_090, 12_300]) {
      const text = `${filler.slice(offset)}${KNOWN} ${filler}${filler.slice(0, offset)}`;
      for (const size of [1_000, 4_096, 8_000, 16_384]) {
        const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
          text.slice(index * size, (index + 1) * size),
        );
        expect(write(pieces)).toBe(`${redact(text)}\n`);
      }
    }
  });
});

test('a line without an end takes a bounded amount of memory', () => {
  let tails: LogTexts = new Map();
  for (let index = 0; index < 20; index += 1) {
    ({ tails } = joinLogs(tails, new Map([['agent', 'a b '.repeat(4_000)]]), redact));
    expect(tails.get('agent')?.length ?? 0).toBeLessThanOrEqual(16_384);
  }
});

test('logs do not wait for each other', () => {
  const first = joinLogs(new Map(), new Map([['agent', 'half ']]), redact);
  const second = joinLogs(first.tails, new Map([['setup', 'a line\n']]), redact);
  expect([...second.complete]).toEqual([['setup', 'a line\n']]);
  expect([...second.tails]).toEqual([['agent', 'half ']]);
});
