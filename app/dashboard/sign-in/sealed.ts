import { createHmac, timingSafeEqual } from 'node:crypto';

/** Values that only this server can have made: a payload and its keyed hash. The purpose is part of the hash. */
export interface Sealer {
  seal(purpose: string, value: unknown): string;
  /** Null for anything that was not sealed for this purpose with this key. */
  open(purpose: string, text: string): unknown;
  /** A token that follows from a text. */
  derive(purpose: string, text: string): string;
}

const MAX_LENGTH = 4_096;

export function createSealer(key: Uint8Array): Sealer {
  function digest(purpose: string, text: string): Buffer {
    return createHmac('sha256', key).update(`${purpose}\n${text}`).digest();
  }
  return {
    seal(purpose, value) {
      const payload = Buffer.from(JSON.stringify(value)).toString('base64url');
      return `${payload}.${digest(purpose, payload).toString('base64url')}`;
    },
    open(purpose, text) {
      const [payload = '', mark = '', ...rest] = text.length > MAX_LENGTH ? [] : text.split('.');
      const given = Buffer.from(mark, 'base64url');
      const expected = digest(purpose, payload);
      if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) {
        return null;
      }
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as unknown;
    },
    derive: (purpose, text) => digest(purpose, text).toString('base64url'),
  };
}

export function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
