import type { Ticket } from '../../../protocol/index.ts';
import type { SessionFacts, SessionRef, StartRequest, StartResult } from '../compute.ts';

/** Where things are inside a worker on another machine. Work and home lie side by side on one volume. */
export const INSIDE_CLUSTER = {
  program: '/bosun/program',
  node: '/bosun/program/node',
  join: '/bosun/program/join.mjs',
  entry: '/bosun/program/worker.mjs',
  ticket: '/bosun/ticket',
  job: '/bosun/job/job.json',
  session: '/bosun/session',
  work: '/bosun/session/work',
  home: '/bosun/session/home',
  temporary: '/tmp',
} as const;

export interface WorkerPlan {
  readonly session: SessionRef;
  readonly kind: 'work' | 'prepare' | 'check';
  readonly ticket: Ticket;
  readonly image: string;
  readonly limits: StartRequest['limits'];
  /** After which it is over in any case, should nobody look any more. */
  readonly deadlineMs: number;
}

/** A session that was started, by this process or an earlier one, and is followed to its end. */
export interface FollowedSession {
  /** What is known once it has ended; null while it runs. */
  readonly facts: () => SessionFacts | null;
  readonly ended: Promise<SessionFacts>;
  /** SIGTERM, SIGKILL after the grace; resolves with the end. */
  readonly stop: (graceMs: number) => Promise<SessionFacts>;
}

export type Launch =
  | { readonly started: true; readonly follow: FollowedSession }
  | Extract<StartResult, { started: false }>;

/** What differs between one platform of machines and another. */
export interface ClusterPlatform {
  /** Resolves once the worker runs, or has ended, or is not going to start. A session of that name that runs is found. */
  launch(plan: WorkerPlan): Promise<Launch>;
  /** A session that was started; null when there is none. */
  find(session: SessionRef): Promise<FollowedSession | null>;
  list(): Promise<SessionRef[]>;
  /** Removes what there is of a session that does not run, also of a start that was cut off. */
  remove(session: SessionRef): Promise<void>;
  /** What a failed request means to the operator. */
  explain(error: unknown): Extract<StartResult, { started: false }>;
}
