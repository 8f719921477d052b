import { createMemoryQueue } from '../../../app/queue/memory-queue.ts';
import { DatabaseError } from '../../../app/store/database.ts';
import type { Stores } from '../../../app/store/stores.ts';
import type { Clock } from '../../../app/task/clock.ts';
import { connect, type Refuse } from '../engine/network.ts';
import type { Owner } from '../engine/virtual-time.ts';
import { connectToGitHub } from '../peers/github/connection.ts';
import { SERVER } from './server-settings.ts';
import { InjectedFault } from './sim-log.ts';
import type { Ports, World } from './world.ts';

const SWEEP_MS = 45_000;

const throwIt: Refuse = (_call, why) => {
  throw new InjectedFault(why);
};
const loseConnection: Refuse = (_call, why) => {
  const cause = new InjectedFault(why);
  throw new DatabaseError(why, { code: '08006', unavailable: true, constraint: null, cause });
};
const gitProblem = (why: string) => ({ ok: false, kind: 'unavailable', note: why, retryAt: null });

/** Opens them over the network. A planted bug may put something of its own in the place of any of them. */
export function openPorts(world: World, at: { owner: Owner; clock: Clock }): Ports {
  const { sim } = world;
  const { clock, owner } = at;
  const isDatabaseDown = (): boolean => world.databaseDownUntil > sim.time.now();
  const stores = Object.fromEntries(
    Object.entries(world.stores)
      .filter(([name]) => name !== 'state')
      .map(([name, store]) => [
        name,
        connect(store as object, owner, {
          sim,
          port: name,
          refuse: loseConnection,
          isDown: isDatabaseDown,
          untouched: ['watch'],
        }),
      ]),
  ) as unknown as Stores;
  const isGitHubDown = world.server.isDown;
  const quarantine = world.quarantine;
  const ports: Ports = {
    ...quarantine,
    stores,
    publisherTasks: connect(noteLooks(world), owner, {
      sim,
      port: 'tasks',
      refuse: loseConnection,
      isDown: isDatabaseDown,
    }),
    queue: createMemoryQueue({
      alarm: { clock, sweepMs: SWEEP_MS, nextWakeAt: () => nextWakeAt(stores, clock.now()) },
    }),
    github: connectToGitHub(world.server, owner, { sim, clock, turns: stores.writeLocks, limits: world.plant.limits }),
    app: connect(world.deliveries.app, owner, {
      sim,
      port: 'app',
      isDown: isGitHubDown,
      refuse: (_call, why) => ({
        ok: false,
        problem: { kind: 'unavailable', status: null, message: why, retryAt: null },
      }),
    }),
    compute: connect(world.compute, owner, {
      sim,
      port: 'compute',
      refuse: throwIt,
      untouched: ['name', 'ended', 'environments'],
    }),
    artifacts: connect(world.artifacts, owner, { sim, port: 'artifacts', refuse: throwIt }),
    limits: () => ({ concurrency: SERVER.limits.concurrency, budgets: SERVER.limits.budgets }),
    repositories: connect(quarantine.repositories, owner, { sim, port: 'repositories', refuse: throwIt }),
    mirrors: connect(quarantine.mirrors, owner, {
      sim,
      port: 'mirrors',
      isDown: isGitHubDown,
      untouched: ['readFile', 'listFiles', 'listFolders', 'readDocument', 'pathKind', 'branchSha'],
      refuse: (_call, why) => gitProblem(why),
    }),
    git: connect(quarantine.git, owner, {
      sim,
      port: 'git',
      isDown: isGitHubDown,
      untouched: ['readHead', 'inspect', 'readChange', 'rebuild'],
      refuse: (_call, why) => ({ kind: 'problem', problem: gitProblem(why) }),
    }),
  };
  return { ...ports, ...world.plant.ports?.(ports, { sim, owner, stores: world.stores }) };
}

/** The task store as the publisher asks it, with a note of what the row said about a cancel. */
function noteLooks({ looks, stores }: World): Stores['tasks'] {
  return {
    ...stores.tasks,
    find: (id) => {
      looks.set(id, { cancelled: stores.state.tasks.get(id)?.task.stop?.kind === 'cancel' });
      return stores.tasks.find(id);
    },
    record: (change) => stores.tasks.record(change),
    events: (id, options) => stores.tasks.events(id, options),
  };
}

async function nextWakeAt(stores: Stores, now: Date): Promise<Date | null> {
  const dates = [
    await stores.tasks.nextWakeAt(),
    await stores.reports.nextDueAt(now),
    await stores.inbox.nextDueAt(),
  ].flatMap((date) => (date === null ? [] : [date.getTime()]));
  return dates.length === 0 ? null : new Date(Math.min(...dates));
}
