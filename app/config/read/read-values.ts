import { createPrivateKey } from 'node:crypto';

import type { Reader } from './readers.ts';

/** Where artifacts are kept. */
export type ArtifactsPlace =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

const PEM = 'a private RSA key in PEM form, as GitHub gave it to you for download';

/** A PEM key; literal `\n` counts as a line break, and the whole may be wrapped in base64. */
export const readPrivateKey: Reader<string> = {
  type: PEM,
  read: (text) => {
    const pem = unwrap(text);
    if (!pem.includes('-----BEGIN ')) {
      return { ok: false, expected: `${PEM}; the text does not begin with -----BEGIN` };
    }
    try {
      const key = createPrivateKey(pem);
      return key.asymmetricKeyType === 'rsa'
        ? { ok: true, value: pem }
        : { ok: false, expected: `${PEM}; this key is of type ${String(key.asymmetricKeyType)}` };
    } catch {
      // OpenSSL's own words help nobody, and might quote the key.
      return { ok: false, expected: `${PEM}; this one cannot be read: is it complete, with its line breaks as \\n?` };
    }
  },
};

function unwrap(text: string): string {
  const plain = text.trim().replaceAll(/^["']|["']$/g, '');
  const lines = plain.replaceAll('\\n', '\n').replaceAll('\r', '');
  if (lines.includes('-----BEGIN ') || !/^[A-Za-z0-9+/=\s]+$/.test(lines)) {
    return `${lines.trim()}\n`;
  }
  return `${Buffer.from(lines, 'base64').toString('utf8').trim()}\n`;
}

const SECRETS = 'one secret of at least 8 characters, or the old and the new one separated by a comma';

/** One secret, or two while rotating. Well-known words are refused. */
export const readWebhookSecrets: Reader<readonly string[]> = {
  type: SECRETS,
  read: (text) => {
    const secrets = text.split(',').map((secret) => secret.trim());
    if (secrets.length > 2 || secrets.some((secret) => secret.length < 8)) {
      return { ok: false, expected: SECRETS };
    }
    return secrets.some((secret) => ['development', 'webhook-secret', 'changeme'].includes(secret.toLowerCase()))
      ? { ok: false, expected: `${SECRETS}; this one is a well-known example` }
      : { ok: true, value: secrets };
  },
};

const PLACE = 'a directory, or `s3://bucket/prefix`';

export const readArtifacts: Reader<ArtifactsPlace> = {
  type: PLACE,
  read: (text) => {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
    if (scheme === undefined) {
      return { ok: true, value: { kind: 'directory', path: text } };
    }
    const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/i.exec(text);
    if (scheme !== 's3' || match === null) {
      return { ok: false, expected: PLACE };
    }
    const prefix = (match[2] ?? '').replaceAll(/^\/+|\/+$/g, '');
    return { ok: true, value: { kind: 's3', bucket: match[1] ?? '', prefix } };
  },
};
