import type { Readable } from 'node:stream';
import type { DoorSession } from '../../store/stores.ts';

/**
 * What stands behind `/door/v1/git/repository.git`: git's smart HTTP, clone out of a mirror and push into a quarantine.
 * The door has authenticated the attempt and let nothing but the three paths of the protocol through; the port resolves
 * the session to its repository and limits bodies as git needs it.
 */
export interface GitPort {
  handle(session: DoorSession, request: GitRequest): Promise<GitResponse>;
}

export interface GitRequest {
  readonly method: string;
  /** Behind the repository's own path: `/info/refs`, `/git-upload-pack`, `/git-receive-pack`, or `LFS_OBJECTS` and a hash. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names, without those that carry the token. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Ends with an error when it is larger than the door allows. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the worker hangs up. */
  readonly signal: AbortSignal;
}

export interface GitResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | Uint8Array;
  /** Why a push was refused, for the log; the worker has read the reason in git's own words. */
  readonly refused?: { readonly code: string; readonly reason: string };
}
