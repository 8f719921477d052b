import type { Readable } from 'node:stream';
import type { CheckJob, Job, PrepareJob } from '../../protocol/index.ts';

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

/** A job without the fields only compute knows: where the work directory is, and how the door is seen from inside. */
type JobToPlace<J> = Omit<J, 'workDir' | 'door' | 'environment'> & { readonly door: { readonly token: string } };

export interface StartRequest {
  readonly session: SessionRef;
  readonly job: JobToPlace<Job> | JobToPlace<PrepareJob> | JobToPlace<CheckJob>;
  /** Key of the environment that the session gets a private copy of; absent or null is none. */
  readonly environment?: string | null;
  /** Name of the image that the repository chose; absent or null is the operator's default. Only containers have images. */
  readonly image?: string | null;
  /** Where the checkout is kept; in memory unless told. A prepare session always writes to disk. */
  readonly space?: 'memory' | 'disk';
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
  | {
      readonly started: false;
      readonly reason: string;
      readonly remedy: string;
      /** What runs workers does not answer for now, so that the same start may work later. */
      readonly isOutage?: true;
    };

export interface ComputeTraits {
  /** Sessions continue when the process that started them ends, and a later one sees their end. */
  readonly survivesRestart: boolean;
  /** Where the programs come from that set-up and agent find. */
  readonly toolsFrom: 'host' | 'image';
}

export interface Compute {
  readonly name: 'sandbox' | 'process' | 'docker' | 'kubernetes';
  readonly traits: ComputeTraits;
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
  readonly environments: Environments;
}

/**
 * What prepare sessions left behind (what set-up made in the checkout, and the home), kept where sessions of this compute
 * can start from it. A session only ever gets a private copy: nothing it does changes what is kept.
 */
export interface Environments {
  /** `attempt`: paths differ from session to session, so that only the attempt that prepared one can use it. */
  readonly scope: 'repository' | 'attempt';
  /** Changes when the tools change that set-up and agent find, with the image above all. */
  toolchain(image: string | null): Promise<string>;
  has(key: string): Promise<boolean>;
  /** Keeps what an ended prepare session left behind. */
  keep(session: SessionRef, key: string): Promise<void>;
  /** Resolves when all of it was read; rejects when it is larger than `maxBytes`. */
  pack(key: string, options: { maxBytes: number; to: NodeJS.WritableStream }): Promise<void>;
  /** Unpacks an archive that `pack` made. Rejects, with nothing kept, when it is damaged or larger than `maxBytes`. */
  unpack(key: string, archive: Readable, options: { maxBytes: number }): Promise<void>;
  remove(key: string): Promise<void>;
  /** Removes those not used for the longest time until the rest fits; one that a session uses stays. */
  prune(maxBytes: number): Promise<void>;
}
