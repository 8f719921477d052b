import { createHash } from 'node:crypto';
import path from 'node:path';
import type { SessionRef, StartRequest } from '../compute.ts';

const LABELS = {
  owner: 'bosun.owner',
  task: 'bosun.task',
  epoch: 'bosun.epoch',
  kind: 'bosun.kind',
  limits: 'bosun.limits',
} as const;

type Labels = Readonly<Record<string, string>>;
type Limits = StartRequest['limits'];

/** How the containers of one Bosun are named and found again, on an engine that others use as well. */
export interface SessionNames {
  nameOf(session: SessionRef): string;
  labelsOf(request: Pick<StartRequest, 'session' | 'job' | 'limits'>): Record<string, string>;
  /** A filter for all of them. */
  ownLabel(): string;
  isOurs(labels: Labels): boolean;
  sessionOf(labels: Labels): SessionRef[];
  limitsOf(labels: Labels): Limits;
}

/** The owner is the directory of the sessions: another Bosun has another, and the same one has it again after a restart. */
export function createSessionNames(directory: string): SessionNames {
  const owner = createHash('sha256').update(path.resolve(directory)).digest('hex').slice(0, 12);
  return {
    nameOf: ({ taskId, epoch }) => `bosun-${owner}-${taskId}-${epoch}`,
    labelsOf: ({ session, job, limits }) => ({
      [LABELS.owner]: owner,
      [LABELS.task]: session.taskId,
      [LABELS.epoch]: String(session.epoch),
      [LABELS.kind]: job.kind ?? 'work',
      [LABELS.limits]: JSON.stringify(limits),
    }),
    ownLabel: () => `${LABELS.owner}=${owner}`,
    isOurs: (labels) => labels[LABELS.owner] === owner,
    sessionOf: (labels) => {
      const taskId = labels[LABELS.task];
      const epoch = Number(labels[LABELS.epoch]);
      return taskId === undefined || !Number.isSafeInteger(epoch) ? [] : [{ taskId, epoch }];
    },
    limitsOf: (labels) => JSON.parse(labels[LABELS.limits] ?? '{}') as Limits,
  };
}
