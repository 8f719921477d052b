import type { Database, Queryable, Statement } from '../../app/store/database.ts';
import { admitTasks } from './admit-tasks.ts';
import { composeOrchestrator } from './compose-orchestrator.ts';
import { NO_LIMITS, untilAllEnded } from './lifecycle-round.ts';

/** What each statement of a lifecycle is for; one that is missing here is shown as such. */
const PURPOSES: Readonly<Record<string, string>> = {
  'task-admit-turn': 'admissions of one requester follow each other, so that their rate is exact',
  'task-admit': 'the task, its event, its lane, its report: SUBMITTED',
  'claim-gate': 'the server has a free slot; claims follow each other',
  'claim-pick': 'the heads of the next lanes, with what their limits are compared with',
  'claim-start': 'lease, attempt, slots, lane and reservations in every budget, event: HYDRATING',
  'task-advance': 'one fenced step with its event: hydrated (with what the attempt starts from), RUNNING or FINALIZING',
  'money-draw': 'money of one model request set aside before it is sent',
  'money-settle': 'the request settled to what it cost',
  'attempt-finish': "the worker's own account",
  'task-lock-slots': 'the locks of everything that an end gives back, in their order',
  'task-write': 'the outcome, the end, its event: COMPLETED',
  'attempt-end': 'slots given back, reservations folded into spend',
  'tasks-wake-blocked': 'the next task that waits for what was given back',
  'task-find': 'is the task still ours, and wanted',
  'attempt-find': 'what the worker said and spent',
  'attempt-find-with-task': 'is the task still wanted, and how is its worker',
  'task-events': 'how the session ended',
};

export interface TracedTransaction {
  readonly writes: boolean;
  readonly statements: readonly { readonly name: string; readonly purpose: string }[];
}

/** Plays one task alone and resolves with its transactions in order; wake-ups and looks for work are left out. */
export async function traceLifecycle(database: Database): Promise<TracedTransaction[]> {
  const traced: TracedTransaction[] = [];
  function note(statements: readonly Statement[]): void {
    const named = statements
      .map(({ name = 'unnamed' }) => name)
      .filter((name) => !LOOKS.has(name))
      .map((name) => ({ name, purpose: PURPOSES[name] ?? 'not described' }));
    if (named.length > 0) {
      traced.push({ writes: named.some(({ name }) => !READS.has(name)), statements: named });
    }
  }
  const recording: Database = {
    ...database,
    query: async (statement) => {
      const rows = await database.query<never>(statement);
      note([statement]);
      return rows;
    },
    transaction: async (work) => {
      const statements: Statement[] = [];
      const recorded = (tx: Queryable): Queryable => ({
        query: (statement) => {
          statements.push(statement);
          return tx.query(statement);
        },
      });
      const result = await database.transaction((tx) => work(recorded(tx)));
      // A claim that found nothing is no part of anybody's life.
      if (!statements.every(({ name }) => name === 'claim-gate' || name === 'claim-pick')) {
        note(statements);
      }
      return result;
    },
  };
  const composed = await composeOrchestrator({ database: recording, owner: 'traced', limits: NO_LIMITS });
  traced.length = 0;
  await admitTasks(composed.stores, { tasks: 1, repositories: 1, callers: 1, firstThread: 1_000_000 });
  await untilAllEnded(database);
  await composed.close();
  return traced;
}

const READS = new Set(['task-find', 'attempt-find', 'attempt-find-with-task', 'task-events']);
const LOOKS = new Set(['wake', 'tasks-next-wake', 'tasks-due', 'slots-lock', 'lanes-keep-limit']);
