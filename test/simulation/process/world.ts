import type { GitHub, GitHubApp } from '../../../app/github/github.ts';
import type { Queue } from '../../../app/queue/queue.ts';
import type { ClaimLimits, Stores } from '../../../app/store/stores.ts';
import type { Compute } from '../../../app/compute/compute.ts';
import type { Limits } from '../../../app/github/limits/limits.ts';
import type { Artifacts } from '../../../app/store/artifacts.ts';
import type { MemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import type { Looks } from '../check/watch-github.ts';
import type { Sim } from '../engine/sim.ts';
import type { Owner } from '../engine/virtual-time.ts';
import type { Deliveries } from '../peers/deliveries.ts';
import type { GitHubServer } from '../peers/github/github-server.ts';
import type { Quarantine } from '../peers/quarantine.ts';

/** Everything outside one process, as that process sees it. */
export interface Ports extends Quarantine {
  readonly stores: Stores;
  /** The task store again, as the publisher uses it. */
  readonly publisherTasks: Stores['tasks'];
  readonly queue: Queue;
  readonly github: GitHub;
  readonly app: Pick<GitHubApp, 'fetchFailedDeliveries' | 'fetchDelivery'>;
  readonly compute: Compute;
  readonly artifacts: Artifacts;
  readonly limits: () => ClaimLimits;
}

/** A bug the harness puts into the ports and rules of a run. Product code has no part in it. */
export interface Plant {
  /** Replaces rows' methods for everyone. */
  readonly stores?: (stores: MemoryStores, sim: Sim) => MemoryStores;
  readonly limits?: (limits: Limits) => Limits;
  /** Replaces ports of one process. */
  readonly ports?: (ports: Ports, at: { sim: Sim; owner: Owner; stores: MemoryStores }) => Partial<Ports>;
}

/** Everything that is there once in a run and that all processes share. */
export interface World {
  readonly sim: Sim;
  readonly stores: MemoryStores;
  readonly server: GitHubServer;
  readonly deliveries: Deliveries;
  readonly quarantine: Quarantine;
  readonly compute: Compute;
  readonly artifacts: Artifacts;
  readonly plant: Plant;
  readonly looks: Looks;
  readonly newTaskId: () => string;
  databaseDownUntil: number;
}
