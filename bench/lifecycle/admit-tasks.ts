import type { Stores } from '../../app/store/stores.ts';
import { makeTask } from '../frame/bench-task.ts';

export interface AdmitPlan {
  readonly tasks: number;
  readonly repositories: number;
  readonly callers: number;
  /** Threads are numbered from here, so that no round meets the one before. */
  readonly firstThread: number;
}

/** Admits tasks through the real admission statement, `callers` at a time. */
export async function admitTasks(stores: Pick<Stores, 'tasks'>, plan: AdmitPlan): Promise<void> {
  let next = 0;
  async function caller(): Promise<void> {
    while (next < plan.tasks) {
      const number = plan.firstThread + next;
      next += 1;
      const now = new Date();
      const task = makeTask(now, { repository: 1 + (number % plan.repositories), thread: number });
      const admitted = await stores.tasks.admit({
        task,
        semanticKey: `bench:${task.id}`,
        now,
        rate: { perUserPerHour: 1_000_000 },
        outbox: [],
      });
      if (!admitted.admitted) {
        throw new Error(`task ${number} was not admitted: ${admitted.why}`);
      }
    }
  }
  await Promise.all(Array.from({ length: plan.callers }, caller));
}
