import { generateKeyPairSync } from 'node:crypto';

/** One key for all tests of a file; making one takes a tenth of a second. */
export const APP_KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
