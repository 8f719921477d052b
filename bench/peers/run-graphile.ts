import { Logger, makeWorkerUtils, run, type Runner, type WorkerUtils } from 'graphile-worker';
import { createTally, inParallel, makeDatabase, timeJob, type JobTime, type JobsPlan, type PeerPlan } from './peer.ts';

const SILENT = new Logger(() => () => undefined);
const tally = createTally();
let utils: WorkerUtils | null = null;
let runner: Runner | null = null;

/** graphile-worker without its local queue: add, run. */
export const runGraphile = {
  async start(plan: PeerPlan): Promise<void> {
    const connectionString = await makeDatabase(plan.connection, 'bench_graphile');
    utils = await makeWorkerUtils({ connectionString, logger: SILENT, maxPoolSize: plan.connections });
    await utils.migrate();
    runner = await run({
      connectionString,
      concurrency: plan.workers,
      maxPoolSize: plan.connections,
      logger: SILENT,
      noHandleSignals: true,
      taskList: { bench: async () => tally.happened() },
    });
  },
  async run(plan: JobsPlan): Promise<number> {
    const done = tally.expect(plan.jobs);
    const started = performance.now();
    await inParallel(plan, (number) => (utils as WorkerUtils).addJob('bench', { number }));
    await done;
    return performance.now() - started;
  },
  time: async (): Promise<JobTime> => timeJob(tally.expect(1), async () => utils?.addJob('bench', {})),
  async stop(): Promise<void> {
    await runner?.stop();
    await utils?.release();
  },
};
