import { PgBoss } from 'pg-boss';
import { createTally, inParallel, makeDatabase, type JobsPlan, type PeerPlan } from './peer.ts';

const QUEUE = 'bench';
let boss: PgBoss | null = null;
let workers = 1;

/** pg-boss, one job at a time for each worker: send, fetch, complete. */
export const runPgBoss = {
  async start(plan: PeerPlan): Promise<void> {
    workers = plan.workers;
    boss = new PgBoss({
      connectionString: await makeDatabase(plan.connection, 'bench_pg_boss'),
      max: plan.connections,
    });
    boss.on('error', (error) => process.stderr.write(`pg-boss: ${String(error)}\n`));
    await boss.start();
    await boss.createQueue(QUEUE);
  },
  async run(plan: JobsPlan): Promise<number> {
    const queue = boss as PgBoss;
    const tally = createTally();
    const done = tally.expect(plan.jobs);
    let left = plan.jobs;
    async function worker(): Promise<void> {
      while (left > 0) {
        const [job] = await queue.fetch(QUEUE);
        if (job === undefined) {
          await new Promise((resolve) => setTimeout(resolve, 2));
        } else {
          await queue.complete(QUEUE, job.id);
          left -= 1;
          tally.happened();
        }
      }
    }
    const started = performance.now();
    const working = Promise.all(Array.from({ length: workers }, worker));
    await inParallel(plan, (number) => queue.send(QUEUE, { number }));
    await done;
    const elapsedMs = performance.now() - started;
    await working;
    return elapsedMs;
  },
  async stop(): Promise<void> {
    await boss?.stop({ graceful: false });
  },
};
