import { createPrivateKey, createPublicKey, hkdfSync, sign } from 'node:crypto';

/** What a server shows over TLS, as PEM. */
export interface DoorCertificate {
  readonly key: string;
  readonly certificate: string;
}

/** The name in the certificate that Bosun makes for itself. Workers ask for it, whatever the address of the door is. */
export const DOOR_NAME = 'door.bosun.internal';

const ED25519 = Buffer.from('06032b6570', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
const ALTERNATIVE_NAME = Buffer.from('0603551d11', 'hex');
/** A PKCS #8 header; the 32 bytes of an Ed25519 key follow. */
const PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The certificate of the door, made from a secret that all processes of a Bosun share. It is the same every time, so that
 * the orchestrator can hand it to a worker without asking the door, and a worker still trusts a door that was restarted.
 */
export function makeDoorCertificate(secret: Uint8Array): DoorCertificate {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'bosun door key', 32));
  const serial = Buffer.from(hkdfSync('sha256', secret, '', 'bosun door serial', 16));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const algorithm = sequence(ED25519);
  const name = sequence(encode(0x31, sequence(COMMON_NAME, encode(0x0c, Buffer.from(DOOR_NAME)))));
  // A positive number
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const toSign = sequence(
    encode(0xa0, encode(0x02, Buffer.from([2]))),
    encode(0x02, serial),
    algorithm,
    name,
    // There is nobody who would renew it: it is trusted by its bytes, and changed by changing the secret
    sequence(encode(0x17, Buffer.from('200101000000Z')), encode(0x18, Buffer.from('99991231235959Z'))),
    name,
    publicKey,
    encode(
      0xa3,
      sequence(
        sequence(
          BASIC_CONSTRAINTS,
          encode(0x01, Buffer.from([0xff])),
          encode(0x04, sequence(encode(0x01, Buffer.from([0xff])))),
        ),
        sequence(ALTERNATIVE_NAME, encode(0x04, sequence(encode(0x82, Buffer.from(DOOR_NAME))))),
      ),
    ),
  );
  const signature = encode(0x03, Buffer.concat([Buffer.from([0]), sign(null, toSign, key)]));
  const base64 = sequence(toSign, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return encode(0x30, Buffer.concat(parts));
}

/** One value in DER: tag, length, content. */
function encode(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag, ...encodeLength(content.length)]), content]);
}

function encodeLength(length: number): number[] {
  if (length < 0x80) {
    return [length];
  }
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
