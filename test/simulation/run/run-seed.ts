import { createMemoryArtifacts } from '../../../app/store/artifacts/memory-artifacts.ts';
import { createMemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import type { WakeUp } from '../../../app/store/wake-up.ts';
import { checkEnd } from '../check/check-end.ts';
import { watchGitHub, type Looks } from '../check/watch-github.ts';
import { watchRows } from '../check/watch-rows.ts';
import { createChance } from '../engine/chance.ts';
import { replaceGlobals } from '../engine/replace-globals.ts';
import { createSim, drawProfile, type Broken, type Profile, type Sim } from '../engine/sim.ts';
import { createTrace } from '../engine/trace.ts';
import { createVirtualTime } from '../engine/virtual-time.ts';
import { createCommits } from '../peers/commits.ts';
import { createSimCompute } from '../peers/compute.ts';
import { createDeliveries } from '../peers/deliveries.ts';
import { createGitHubServer } from '../peers/github/github-server.ts';
import { createGitHubState, type GitHubState } from '../peers/github/github-state.ts';
import { createPeople } from '../peers/people.ts';
import { createQuarantine } from '../peers/quarantine.ts';
import { runWorker } from '../peers/worker.ts';
import { createHost, type Host } from '../process/host.ts';
import type { Plant, World } from '../process/world.ts';

const START = new Date('2026-03-01T06:00:00.000Z');
const HOUR_MS = 3_600_000;
const QUIET_MS = 3 * HOUR_MS;

export interface SeedOptions {
  readonly seed: number;
  readonly hours: number;
  readonly plant?: Plant;
  readonly print?: (line: string) => void;
}

export interface SeedResult {
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  readonly tally: ReadonlyMap<string, number>;
  readonly profile: Profile;
  readonly broken: Broken | null;
  readonly lines: readonly string[];
}

/** One seed from its first minute to its rest. The same seed, hours and plant give the same result to the letter. */
export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const { seed, hours, plant = {} } = options;
  const time = createVirtualTime(START);
  const chance = createChance(seed);
  const trace = createTrace({ now: time.now, print: options.print });
  const sim = createSim({ time, chance, trace, profile: drawProfile(chance.stream('profile')) });
  let events = 0;
  await replaceGlobals(time, async () => {
    const { github, world } = openWorld(sim, plant);
    const endsAt = START.getTime() + hours * HOUR_MS;
    for (const until of [endsAt, endsAt + QUIET_MS]) {
      while (sim.firstBroken() === null && (await time.step(until)) === 'ran') {
        events += 1;
      }
      if (until === endsAt) {
        sim.quieten();
        trace.say('quiet');
      }
    }
    if (sim.firstBroken() === null) {
      checkEnd(world, github);
    }
  });
  return {
    seed,
    events,
    hash: trace.hash(),
    tally: sim.tally,
    profile: sim.profile,
    broken: sim.firstBroken(),
    lines: trace.lines(),
  };
}

function openWorld(sim: Sim, plant: Plant): { github: GitHubState; world: World } {
  const { time } = sim;
  const hosts: Host[] = [];
  const chance = sim.chance.stream('world');
  const raw = createMemoryStores({
    newKey: () => Buffer.alloc(32, 7),
    notify: (wakeUp: WakeUp) => hosts.forEach((host) => host.wake(wakeUp)),
  });
  const commits = createCommits();
  const github = createGitHubState({ time, commits });
  const stores = watchRows(plant.stores?.(raw, sim) ?? raw, sim);
  const looks: Looks = new Map();
  const watch = watchGitHub({ sim, github, looks, rows: () => stores.state });
  const quarantine = createQuarantine(commits, github, watch);
  let workers = 0;
  let ids = 0;
  const world: World = {
    sim,
    stores,
    plant,
    looks,
    quarantine,
    server: createGitHubServer(github, sim, watch.onDone),
    deliveries: createDeliveries(sim, () => {
      const up = hosts.flatMap((host) => host.running() ?? []);
      return up.length === 0 ? null : chance.pick(up).receive;
    }),
    compute: createSimCompute(sim, (session) => {
      workers += 1;
      const { attempts, checks } = stores;
      const worker = sim.chance.stream(`worker ${workers}`);
      return runWorker(session, { sim, attempts, checks, quarantine, commits, chance: worker });
    }),
    artifacts: createMemoryArtifacts(),
    newTaskId: () => {
      ids += 1;
      return `01SIM${String(ids).padStart(8, '0')}`;
    },
    databaseDownUntil: 0,
  };
  const count = chance.between(1, 3);
  for (let number = 1; number <= count; number += 1) {
    hosts.push(createHost(world, `host-${number}`));
  }
  planDatabaseOutages(world);
  createPeople(
    { sim, github, commits, deliveries: world.deliveries },
    { repositories: chance.between(1, 4), meanPauseMs: 1_200_000 },
  );
  return { github, world };
}

function planDatabaseOutages(world: World): void {
  const { sim } = world;
  const chance = sim.chance.stream('database');
  const { databaseOutages } = sim.profile;
  if (databaseOutages > 0) {
    const inMs = (86_400_000 / databaseOutages) * 2 * chance.next();
    sim.time.at(sim.time.now() + inMs, () => {
      world.databaseDownUntil = sim.time.now() + chance.between(1_000, 600_000);
      sim.trace.say(`the database is down until ${new Date(world.databaseDownUntil).toISOString()}`);
      planDatabaseOutages(world);
    });
  }
}
