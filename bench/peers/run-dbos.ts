import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { createTally, inParallel, makeDatabase, timeJob, type JobTime, type JobsPlan, type PeerPlan } from './peer.ts';

const QUEUE = 'bench';
const tally = createTally();
let partitions = 1;

const oneStep = DBOS.registerWorkflow(async () => DBOS.runStep(async () => tally.happened(), { name: 'step' }), {
  name: 'oneStep',
});

/** DBOS: workflows of one step, from a queue with a limit per partition. */
export const runDbos = {
  async start(plan: PeerPlan): Promise<void> {
    partitions = plan.partitions;
    const url = await makeDatabase(plan.connection, 'bench_dbos');
    const pool = new pg.Pool({ connectionString: url, max: plan.connections });
    DBOS.setConfig({
      name: 'bench',
      systemDatabaseUrl: url,
      systemDatabasePool: pool,
      logLevel: 'error',
      runAdminServer: false,
    });
    await DBOS.launch();
    await DBOS.registerQueue(QUEUE, {
      workerConcurrency: plan.workers,
      ...(partitions > 1 ? { partitionConcurrency: 4 } : {}),
      minPollingIntervalMs: 10,
    });
  },
  async run(plan: JobsPlan): Promise<number> {
    const started = performance.now();
    const handles: { getResult(): Promise<unknown> }[] = [];
    await inParallel(plan, async (number) => {
      const key = partitions > 1 ? { enqueueOptions: { queuePartitionKey: `p${number % partitions}` } } : {};
      handles.push(await DBOS.startWorkflow(oneStep, { queueName: QUEUE, ...key })());
    });
    await Promise.all(handles.map((handle) => handle.getResult()));
    return performance.now() - started;
  },
  time: async (): Promise<JobTime> =>
    timeJob(tally.expect(1), async () => DBOS.startWorkflow(oneStep, { queueName: QUEUE })()),
  stop: async (): Promise<void> => DBOS.shutdown(),
};
