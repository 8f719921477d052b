import { PgBoss } from 'pg-boss';
import { createTally, makeDatabase, timeJob, type JobTime, type PeerPlan } from '../peers/peer.ts';

const QUEUE = 'ping';
const tally = createTally();
let boss: PgBoss | null = null;

/** pg-boss with its own worker: woken by NOTIFY, or polling as often as its manual allows. */
export const pingPgBoss = {
  async start(plan: PeerPlan & { notify: boolean }): Promise<void> {
    boss = new PgBoss({
      connectionString: await makeDatabase(plan.connection, 'bench_pg_boss'),
      max: plan.connections,
      useListenNotify: plan.notify,
    });
    boss.on('error', (error) => process.stderr.write(`pg-boss: ${String(error)}\n`));
    await boss.start();
    await boss.createQueue(QUEUE, { notify: plan.notify });
    await boss.work(QUEUE, { pollingIntervalSeconds: 0.5 }, async () => tally.happened());
  },
  time: async (): Promise<JobTime> => timeJob(tally.expect(1), async () => boss?.send(QUEUE, {})),
  async stop(): Promise<void> {
    await boss?.stop({ graceful: false });
  },
};
