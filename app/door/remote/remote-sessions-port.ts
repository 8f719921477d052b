import type { Readable } from 'node:stream';

interface SessionRef {
  readonly taskId: string;
  readonly epoch: number;
}

/** What the door hands to workers on other machines, and takes from them. */
export interface RemoteSessionsPort {
  /** The job that waits for a code, which is used up with it; null when there is none. `restore`: it was not delivered. */
  join(code: string): Promise<{ readonly job: unknown; readonly restore: () => Promise<void> } | null>;
  /** The archive that a session starts from; null when it starts from none. */
  openEnvironment(session: SessionRef): Promise<{ readonly bytes: number; readonly archive: Readable } | null>;
  /** Keeps the archive of what a prepare session made, whole or not at all. */
  keepEnvironment(session: SessionRef, archive: Readable, options: { maxBytes: number }): Promise<'kept' | 'too_large'>;
}
