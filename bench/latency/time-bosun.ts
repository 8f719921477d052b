import { openQueue } from '../../app/main/storage/open-queue.ts';
import type { SqsPlace } from '../../app/queue/sqs/sqs-messages.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import { makeTask } from '../frame/bench-task.ts';
import { startChild } from '../frame/start-child.ts';
import type { Defer } from '../frame/with-clean-up.ts';
import { NO_LIMITS, untilAllEnded } from '../lifecycle/lifecycle-round.ts';
import { CONNECTIONS, type Server } from '../lifecycle/run-lifecycle.ts';
import type { JobTime } from '../peers/peer.ts';

const SILENT = { warn: (): void => undefined, error: (): void => undefined };
let threads = 1;

/** Admits in this process what an idle orchestrator in another one claims. */
export async function startBosun(
  { connection, database }: Server,
  sqs: SqsPlace | null,
  defer: Defer,
): Promise<() => Promise<JobTime>> {
  const child = startChild('run-orchestrator');
  defer(() => child.stop());
  await child.call('start', { connection, owner: 'bench', limits: NO_LIMITS, connections: CONNECTIONS, sqs });
  const { wake, queue } = await openQueue({ sqs }, { database, nextWakeAt: async () => null, log: SILENT });
  defer(() => queue.close());
  const { tasks } = createPostgresStores({ database, wake });
  return async () => {
    threads += 1;
    const now = new Date();
    const task = makeTask(now, { repository: 1 + (threads % 100), thread: threads });
    const admission = { semanticKey: `bench:${task.id}`, now, rate: { perUserPerHour: 1_000_000 }, outbox: [] };
    const calledAt = performance.timeOrigin + performance.now();
    await tasks.admit({ task, ...admission });
    const addedAt = performance.timeOrigin + performance.now();
    await untilAllEnded(database);
    const claimedAt = (await child.call<ReadonlyMap<string, number>>('claimedAt')).get(task.id) ?? Number.NaN;
    return { fromCallMs: claimedAt - calledAt, fromAddedMs: claimedAt - addedAt };
  };
}
