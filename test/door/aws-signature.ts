import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Whether AWS would accept the request: Signature Version 4 computed from the request as it arrived, as AWS documents it. Null
 * when it would, else what is wrong.
 */
export function findSignatureFault(
  request: SignedRequest,
  secret: { accessKeyId: string; secretAccessKey: string; region: string; service: string },
): string | null {
  const found = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    request.headers.authorization ?? '',
  );
  if (found === null) {
    return `no signature: ${request.headers.authorization}`;
  }
  const [, credential = '', names = '', signature = ''] = found;
  const time = String(request.headers['x-amz-date']);
  const scope = `${time.slice(0, 8)}/${secret.region}/${secret.service}/aws4_request`;
  if (credential !== `${secret.accessKeyId}/${scope}`) {
    return `the scope is ${credential}`;
  }
  const signed = names.split(';');
  const missing = ['host', 'x-amz-date'].find((name) => !signed.includes(name));
  if (missing !== undefined) {
    return `${missing} is not signed`;
  }
  const bodyHash = sha256(request.body);
  const canonical = [
    request.method,
    request.path.split('/').map(encodeURIComponent).join('/'),
    '',
    ...signed.map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    names,
    bodyHash,
  ].join('\n');
  const key = [time.slice(0, 8), secret.region, secret.service, 'aws4_request'].reduce<string | Buffer>(
    (before, part) => createHmac('sha256', before).update(part).digest(),
    `AWS4${secret.secretAccessKey}`,
  );
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const expected = createHmac('sha256', key).update(text).digest('hex');
  return expected === signature ? null : 'the signature is of another request';
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
