import type { CommentFacts, GitHub } from '../github/github.ts';
import type { Restored } from '../store/restored.ts';
import type { Stores } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { RenderPlan } from './report-facts.ts';

/** What a report needs in addition to its task. */
export interface ReportContext {
  readonly stores: Pick<Stores, 'tasks' | 'attempts' | 'outbox' | 'reports' | 'keys' | 'checks' | 'chains'>;
  readonly github: GitHub;
  /** Id of the App whose comments are ours; null with a token that belongs to no App of ours. */
  readonly appId: number | null;
  /** The holder of the leases of reports and messages; a write under a lost lease is refused. */
  readonly holder: string;
  readonly clock: Clock;
  readonly tracer?: Tracer;
  /** The last restore of the database: comments of an older task may exist although no row knows them. */
  readonly restored?: Restored | null;
  readonly render: RenderPlan;
  readonly log: ReportLog;
  /** Called at points where a crash would be worst; tests crash there. */
  readonly onStep?: (step: ReportStep) => void | Promise<void>;
}

/** What reports of all installations need. */
export interface ReportWork extends Omit<ReportContext, 'github'> {
  readonly github: (installationId: number) => GitHub;
}

type ReportStep =
  | 'comment.before_create'
  | 'comment.after_create'
  | 'check_run.before_create'
  | 'check_run.after_create'
  | 'review.before_create'
  | 'review.after_create'
  | 'thread.after_reply'
  | 'thread.after_resolve'
  | 'reply.after_create';

/** The part of the logger that reports use: a static message and fields. */
interface ReportLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** How one delivery went. */
export type Delivered =
  | { readonly kind: 'shown' }
  /** Delayed to spare GitHub's limits; look again then, or when something happens. */
  | { readonly kind: 'later'; readonly at: Date }
  /** GitHub did not take it; it has to be tried again. */
  | { readonly kind: 'retry'; readonly at: Date | null; readonly outage: boolean }
  /** The lease expired meanwhile; its new owner shows the task. */
  | { readonly kind: 'lost' };

/** GitHub may show what was created only this much later; until then a list without it proves nothing. */
export const LISTING_LAG_MS = 15_000;

/** Until when a list without it proves nothing; null when it does already. */
export function inconclusiveUntil(sentAt: Date | null, now: Date): Date | null {
  const until = new Date((sentAt?.getTime() ?? 0) + LISTING_LAG_MS);
  return sentAt !== null && now < until ? until : null;
}

/** Whether a comment is one that only we can have written. */
export function isOwnComment(comment: CommentFacts, appId: number | null): boolean {
  return appId === null ? comment.author.isBot : comment.appId === appId;
}
