import { Registry, collectDefaultMetrics } from 'prom-client';
import type { AttemptState, TaskState, WaitReason } from '../../protocol/index.ts';
import { defineMetrics, MOST_INSTALLATIONS } from './define-metrics.ts';
import { withTimeout } from './with-timeout.ts';

/** What is read from rows when Prometheus asks, so that it never drifts. Ages are of the oldest; null when there is none. */
export interface MeteredFacts {
  readonly live: Readonly<Record<AttemptState, number>>;
  readonly waits: Readonly<Record<WaitReason, number>>;
  /** How much waits in each queue, such as `deliveries`. */
  readonly queues: Readonly<Record<string, number>>;
  /** Shared budgets of the current periods by kind, such as `server-day`; of several repositories, their sums. */
  readonly budgets: readonly {
    readonly scope: string;
    readonly spentNano: number;
    readonly reservedNano: number;
    /** The least that one of them has left, and the largest share that one of them has spent; null without caps. */
    readonly leastLeftNano: number | null;
    readonly mostSpentRatio: number | null;
  }[];
  readonly oldestReadyAt: Date | null;
  readonly oldestUnroutedAt: Date | null;
}

/** What this process is, and what it knows of itself without asking rows. */
export interface MeteredProcess {
  readonly version: string;
  readonly roles: readonly string[];
  /** Connections to the database by what they do. */
  readonly connections: () => {
    readonly busy: number;
    readonly idle: number;
    readonly waiting: number;
    readonly max: number;
  };
}

export interface MetricsOptions {
  readonly now: () => Date;
  /** Asked at every scrape; a failure leaves the last values and is counted. */
  readonly readFacts: () => Promise<MeteredFacts>;
  readonly about?: MeteredProcess;
  /** Event loop, memory and garbage collection of the process; on by default. */
  readonly process?: 'on' | 'off';
}

/** `next`: the next step follows. `left`: the task waits, ended or belongs to someone else. `error`: one of our own. */
export type StepResult = 'next' | 'left' | 'error';

/** Every metric of Bosun. Labels are few and closed: never a task, a repository or a person; of installations so many. */
export interface Metrics {
  webhookAnswered(answer: { status: number; durationMs: number }): void;
  deliveryRouted(result: 'handled' | 'ignored' | 'parked'): void;
  deliveriesRecovered(count: number): void;
  triggersRecovered(count: number): void;
  tasksPruned(count: number): void;
  taskClaimed(latencyMs: number): void;
  stepEnded(step: { state: AttemptState; result: StepResult; durationMs: number }): void;
  taskWaits(reason: WaitReason): void;
  taskEnded(end: { state: TaskState; durationMs: number }): void;
  attemptLost(): void;
  reapingPaused(isPaused: boolean): void;
  leaseLost(): void;
  taskRecovered(decision: 'continue' | 'finish' | 'lose'): void;
  doorAnswered(answer: { room: string; status: number; durationMs: number }): void;
  artifactFailed(operation: string): void;
  moneySpent(spend: { model: string; costNano: number }): void;
  budgetWarned(scope: string): void;
  gateRefused(code: string): void;
  githubAnswered(answer: { installationId: number; problem: string | null; remaining: number | null }): void;
  renderMetrics(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** A scrape is given up by Prometheus after ten seconds. */
const READ_WITHIN_MS = 3_000;

/** Metrics in a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const m = defineMetrics(registry);
  if (options.process !== 'off') {
    collectDefaultMetrics({ register: registry, prefix: 'bosun_' });
  }

  const installations = new Set<number>();

  function showConnections(): void {
    for (const [state, count] of Object.entries(options.about?.connections() ?? {})) {
      m.connections.set({ state }, count);
    }
  }

  function showFacts(facts: MeteredFacts): void {
    const waits = Object.entries(facts.waits);
    m.tasks.set(
      { state: 'SUBMITTED' },
      waits.reduce((sum, [, count]) => sum + count, 0),
    );
    Object.entries(facts.live).forEach(([state, count]) => m.tasks.set({ state }, count));
    waits.forEach(([reason, count]) => m.waiting.set({ reason }, count));
    Object.entries(facts.queues).forEach(([queue, count]) => m.queues.set({ queue }, count));
    m.readyAge.set(ageSeconds(facts.oldestReadyAt, options.now()));
    m.unroutedAge.set(ageSeconds(facts.oldestUnroutedAt, options.now()));
    // What had no spending since its period began is gone from the rows.
    [m.budgetSpent, m.budgetReserved, m.budgetLeft, m.budgetRatio].forEach((gauge) => gauge.reset());
    for (const { leastLeftNano, mostSpentRatio, reservedNano, scope, spentNano } of facts.budgets) {
      m.budgetSpent.set({ scope }, spentNano / 1e9);
      m.budgetReserved.set({ scope }, reservedNano / 1e9);
      if (leastLeftNano !== null && mostSpentRatio !== null) {
        m.budgetLeft.set({ scope }, leastLeftNano / 1e9);
        m.budgetRatio.set({ scope }, mostSpentRatio);
      }
    }
  }

  async function refresh(): Promise<void> {
    showConnections();
    try {
      showFacts(await withTimeout(READ_WITHIN_MS, options.readFacts()));
    } catch {
      // A scrape while the database is unavailable still tells everything else; this counter says that it happened.
      m.failedReads.inc();
    }
  }

  if (options.about !== undefined) {
    const { roles, version } = options.about;
    m.build.set({ version, node: process.versions.node, roles: roles.join(',') }, 1);
  }

  return {
    webhookAnswered: ({ status, durationMs }) => m.webhooks.observe({ status }, durationMs / 1_000),
    deliveryRouted: (result) => m.routed.inc({ result }),
    deliveriesRecovered: (count) => m.recovered.inc(count),
    triggersRecovered: (count) => m.found.inc(count),
    tasksPruned: (count) => m.pruned.inc(count),
    taskClaimed: (latencyMs) => m.claims.observe(Math.max(0, latencyMs) / 1_000),
    stepEnded: ({ durationMs, ...labels }) => m.steps.observe(labels, durationMs / 1_000),
    taskWaits: (reason) => m.waits.inc({ reason }),
    taskEnded: ({ state, durationMs }) => m.ended.observe({ state }, durationMs / 1_000),
    reapingPaused: (isPaused) => m.reapingPaused.set(isPaused ? 1 : 0),
    attemptLost: () => m.lost.inc(),
    moneySpent: (cost) => m.spend.inc({ model: cost.model }, cost.costNano / 1e9),
    budgetWarned: (scope) => m.budgetWarnings.inc({ scope: scope.split(':')[0] ?? scope }),
    gateRefused: (code) => m.gate.inc({ code }),
    leaseLost: () => m.leases.inc(),
    taskRecovered: (decision) => m.recoveries.inc({ decision }),
    doorAnswered: ({ durationMs, ...labels }) => m.door.observe(labels, durationMs / 1_000),
    artifactFailed: (operation) => m.artifacts.inc({ operation }),
    githubAnswered({ installationId, problem, remaining }) {
      m.github.inc({ problem: problem ?? 'none' });
      if (installations.size < MOST_INSTALLATIONS) {
        installations.add(installationId);
      }
      if (remaining !== null) {
        m.githubLeft.set(
          { installation: installations.has(installationId) ? String(installationId) : 'other' },
          remaining,
        );
      }
    },
    async renderMetrics() {
      await refresh();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function ageSeconds(since: Date | null, now: Date): number {
  return since === null ? 0 : Math.max(0, (now.getTime() - since.getTime()) / 1_000);
}
