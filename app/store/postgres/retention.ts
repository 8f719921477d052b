import type { Database } from '../database.ts';

export interface PrunableTask {
  readonly id: string;
  /** Its attempts are numbered from 1 to this. */
  readonly epoch: number;
}

/** Deletes what is older than the retention time, a batch at a time, each in one short transaction. */
export interface Retention {
  /**
   * Tasks that ended before `before`, the longest ended first; not one that a task continues from which has not ended.
   */
  findTasks(options: { before: Date; max: number }): Promise<PrunableTask[]>;
  /** Deletes ended tasks with everything that is about them alone; resolves with how many were there. */
  removeTasks(ids: readonly string[]): Promise<number>;
  /** Deletes at most `max` command claims and as many settled messages older than `before`; resolves with how many. */
  removeMail(options: { before: Date; max: number }): Promise<number>;
}

/**
 * Nothing of a task has to outlive it for its command not to run again: admission takes no command that is older than
 * 72 hours, and a button names a task that has to be there. Budgets are counted in rows of their own.
 */
export function createRetention(database: Database): Retention {
  return {
    findTasks: ({ before, max }) =>
      database.query<PrunableTask>({ name: 'retention-find', text: FIND, values: [before, max] }),
    removeTasks: async (ids) => {
      const rows = await database.query({ name: 'retention-remove', text: REMOVE, values: [[...ids]] });
      return rows.length;
    },
    removeMail: async ({ before, max }) => {
      const claims = await database.query({ name: 'retention-claims', text: CLAIMS, values: [before, max] });
      const messages = await database.query({ name: 'retention-outbox', text: OUTBOX, values: [before, max] });
      return claims.length + messages.length;
    },
  };
}

const FIND = `
select t.id, t.epoch from task t
where t.finished_at < $1
  and not exists (select from task r where r.retry_of = t.id and r.finished_at is null)
order by t.finished_at limit $2`;

// Events, attempts, ledger, raises and reports go with the row.
const REMOVE = `
with freed as (
  update task set retry_of = null where retry_of = any ($1) and finished_at is not null and not id = any ($1)
)
delete from task t
where t.id = any ($1) and t.finished_at is not null
  and not exists (select from task r where r.retry_of = t.id and r.finished_at is null)
returning t.id`;

const CLAIMS = `
delete from command_claim where key in (
  select key from command_claim where claimed_at < $1 order by claimed_at limit $2 for update skip locked
)
returning key`;

const OUTBOX = `
delete from outbox where key in (
  select key from outbox where settled_at is not null and created_at < $1 order by created_at limit $2
  for update skip locked
)
returning key`;
