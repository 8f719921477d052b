import type { Job } from '../../protocol/index.ts';

/**
 * The compute port: where a worker runs. It reports facts and judges nothing. Starting names the session, so that
 * starting the same session again finds it instead of starting a second one, and whatever is not wanted any more
 * can be found and stopped.
 */
export interface SessionRef {
  readonly taskId: string;
  readonly epoch: number;
}

export type SessionFacts =
  | { readonly kind: 'running' }
  | {
      readonly kind: 'exited';
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly outOfMemory: boolean;
      readonly outputTail: string;
    }
  | { readonly kind: 'unknown' };

export interface StartRequest {
  readonly session: SessionRef;
  /** The job without the fields only compute knows: where the work directory is, and how the door is seen from inside. */
  readonly job: Omit<Job, 'workDir' | 'door'> & { readonly door: { readonly token: string } };
  readonly limits: {
    readonly memoryBytes: number;
    readonly processes: number;
    readonly fileBytes: number;
    readonly outputBytes: number;
    /** Most it may write in all. */
    readonly diskBytes: number;
  };
}

export type StartResult =
  | { readonly started: true }
  | { readonly started: false; readonly reason: string; readonly remedy: string };

export interface Compute {
  readonly name: 'sandbox' | 'process';
  start(request: StartRequest): Promise<StartResult>;
  probe(session: SessionRef): Promise<SessionFacts>;
  /** Resolves when the session has exited, however it did; at once if it is unknown. */
  ended(session: SessionRef): Promise<SessionFacts>;
  /** SIGTERM, then SIGKILL to the whole tree after `graceMs`; resolves when nothing of it is left. */
  stop(session: SessionRef, options: { graceMs: number }): Promise<SessionFacts>;
  /** Forgets an ended session and removes its directories. */
  clean(session: SessionRef): Promise<void>;
  /** Every session there is, for the reaper. */
  list(): Promise<SessionRef[]>;
}
