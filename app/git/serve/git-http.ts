import type { Readable } from 'node:stream';
import type { AttemptRepository } from '../attempt/attempt.ts';

/** One HTTP request below the repository's address, the attempt already known and current. */
export interface GitHttpRequest {
  readonly method: string;
  /** Path behind the repository's own: `/info/refs`, `/git-upload-pack`, `/git-receive-pack`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names, as node:http has them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the client is gone; git ends with it. */
  readonly signal?: AbortSignal;
}

export interface GitHttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | Uint8Array;
  /** Set when a push was refused, for the log; the client has read the reason. */
  readonly refused?: {
    readonly code: 'REF_NOT_ALLOWED' | 'TOO_LARGE' | 'BAD_REQUEST' | 'NOT_KEPT';
    readonly reason: string;
  };
}

/** A service of git's protocol in an attempt's repository, its body already inflated and bounded. */
export interface GitCall {
  readonly repository: AttemptRepository;
  readonly body: Readable;
  /** Refs that this session does not see. */
  readonly hidden: readonly string[];
  /** Stores what was pushed where it survives this machine. */
  readonly keep: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** A short text for clients other than git. */
export function plainAnswer(status: number, text: string): GitHttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(`${text}\n`) };
}

export function gitAnswer(type: string, body: Readable | Uint8Array): GitHttpResponse {
  return { status: 200, headers: { 'content-type': `application/x-${type}`, 'cache-control': 'no-store' }, body };
}
