import type { ServerResponse } from 'node:http';
import { DOOR_CODES } from '../../protocol/index.ts';
import type { DoorCode } from '../../protocol/index.ts';
import { ServiceUnavailable } from '../task/service-unavailable.ts';

/** A refusal as a value. The status follows from the code. */
export interface Refusal {
  readonly code: DoorCode;
  readonly message: string;
  /** Seconds after which trying again makes sense; without it the client is asked not to. */
  readonly retryAfterS?: number;
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function refuse(code: DoorCode, message: string, retryAfterS?: number): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: retryAfterS === undefined ? { code, message } : { code, message, retryAfterS } };
}

/**
 * Writes a refusal. `x-should-retry` is for SDKs of model providers, which otherwise try 409 and 5xx again on their own.
 */
export function sendRefusal(response: ServerResponse, refusal: Refusal, json: unknown = errorBody(refusal)): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(json));
  response.writeHead(DOOR_CODES[refusal.code], {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-should-retry': refusal.retryAfterS === undefined ? 'false' : 'true',
    ...(refusal.retryAfterS === undefined ? {} : { 'retry-after': String(refusal.retryAfterS) }),
    // git asks for credentials only after such a challenge
    ...(refusal.code === 'UNKNOWN_TOKEN' ? { 'www-authenticate': 'Basic realm="bosun"' } : {}),
    // The rest of a body that was not read must not be taken for the next request
    ...(refusal.code === 'TOO_LARGE' ? { connection: 'close' } : {}),
  });
  response.end(body);
}

/** Answers where the artifacts are unavailable; every other error is thrown on. */
export function refuseWithoutArtifacts(response: ServerResponse, cause: unknown): void {
  if (!(cause instanceof ServiceUnavailable)) {
    throw cause;
  }
  sendRefusal(response, { code: 'STORE_UNAVAILABLE', message: 'The artifacts do not answer.', retryAfterS: 5 });
}

function errorBody({ code, message }: Refusal): unknown {
  return { type: 'error', error: { type: code, message } };
}
