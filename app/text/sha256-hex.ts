import { createHash } from 'node:crypto';

/** SHA-256 of the UTF-8 bytes of a text, as 64 hexadecimal digits in lower case. */
export function sha256Hex(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
