import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { TASK_STATES } from '../../protocol/index.ts';
import type { TaskState, WaitReason } from '../../protocol/index.ts';

/** What is counted from rows when Prometheus asks, so that it never drifts. Ages are of the oldest; null when there is none. */
export interface MeteredFacts {
  readonly tasks: Readonly<Record<TaskState, number>>;
  readonly oldestReadyAt: Date | null;
  readonly oldestUnroutedAt: Date | null;
}

export interface MetricsOptions {
  readonly now: () => Date;
  /** Asked at every scrape; a failure leaves the last values and is counted. */
  readonly readFacts: () => Promise<MeteredFacts>;
  /** Event loop, memory and garbage collection of the process; on by default. */
  readonly process?: 'on' | 'off';
}

/** `next`: the next step follows. `left`: the task waits, ended or belongs to someone else. `error`: one of our own. */
export type StepResult = 'next' | 'left' | 'error';

/** Every metric of Bosun. Labels are few and closed: never a task, a repository or a person. */
export interface Metrics {
  webhookAnswered(answer: { status: number; durationMs: number }): void;
  deliveryRouted(result: 'handled' | 'ignored' | 'parked'): void;
  deliveriesRecovered(count: number): void;
  triggersRecovered(count: number): void;
  taskClaimed(latencyMs: number): void;
  stepEnded(step: { step: 'hydrate' | 'run' | 'finalize'; result: StepResult; durationMs: number }): void;
  taskWaits(reason: WaitReason): void;
  taskEnded(end: { state: TaskState; durationMs: number }): void;
  attemptLost(): void;
  moneySpent(spend: { model: string; costNano: number }): void;
  budgetWarned(scope: string): void;
  gateRefused(code: string): void;
  githubAnswered(answer: { problem: string | null; remaining: number | null }): void;
  renderMetrics(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const TASK_SECONDS = [10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800];

/** Metrics in a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.process !== 'off') {
    collectDefaultMetrics({ register: registry, prefix: 'bosun_' });
  }

  const webhooks = new Histogram({
    name: 'bosun_webhook_duration_seconds',
    help: 'Time until a webhook delivery was answered',
    labelNames: ['status'],
    buckets: SECONDS,
    registers,
  });
  const routed = new Counter({
    name: 'bosun_deliveries_routed_total',
    help: 'Deliveries taken from the inbox, by what became of them',
    labelNames: ['result'],
    registers,
  });
  const recovered = new Counter({
    name: 'bosun_deliveries_recovered_total',
    help: 'Deliveries that never arrived and were fetched from GitHub',
    registers,
  });
  const found = new Counter({
    name: 'bosun_triggers_recovered_total',
    help: 'Commands and labels of which no delivery told, found by comparing them with tasks',
    registers,
  });
  const claims = new Histogram({
    name: 'bosun_claim_latency_seconds',
    help: 'Time from the command until the task was claimed, waits for slots and budgets included',
    buckets: [...SECONDS, 30, 60, 300],
    registers,
  });
  const steps = new Histogram({
    name: 'bosun_step_duration_seconds',
    help: 'Time a step of a task took, by step and by result (`next`: the next one follows, `left`: the task waits or ended, `error`: one of our own)',
    labelNames: ['step', 'result'],
    buckets: [0.1, 0.5, 1, 5, ...TASK_SECONDS],
    registers,
  });
  const waits = new Counter({
    name: 'bosun_task_waits_total',
    help: 'How often a task began to wait, by reason',
    labelNames: ['reason'],
    registers,
  });
  const ended = new Histogram({
    name: 'bosun_task_duration_seconds',
    help: 'Time from the start of a task to its end, by its last state',
    labelNames: ['state'],
    buckets: TASK_SECONDS,
    registers,
  });
  const lost = new Counter({
    name: 'bosun_attempts_lost_total',
    help: 'Attempts whose worker was lost',
    registers,
  });
  const spend = new Counter({
    name: 'bosun_spend_usd_total',
    help: 'Settled cost of model requests in USD, by model',
    labelNames: ['model'],
    registers,
  });
  const budgetWarnings = new Counter({
    name: 'bosun_budget_warnings_total',
    help: 'Shared budgets of which 80 % were spent, once for each period, by kind of scope',
    labelNames: ['scope'],
    registers,
  });
  const gate = new Counter({
    name: 'bosun_gate_refusals_total',
    help: 'Findings of the publisher gate, by code',
    labelNames: ['code'],
    registers,
  });
  const github = new Counter({
    name: 'bosun_github_requests_total',
    help: 'Answers of GitHub, by problem (`none` when it did what was asked)',
    labelNames: ['problem'],
    registers,
  });
  const githubLeft = new Gauge({
    name: 'bosun_github_requests_left',
    help: 'Requests left of the hourly limit in the latest answer of GitHub',
    registers,
  });
  const tasks = new Gauge({ name: 'bosun_tasks', help: 'Tasks by state', labelNames: ['state'], registers });
  const readyAge = new Gauge({
    name: 'bosun_oldest_ready_seconds',
    help: 'Age of the oldest task that could run but is not claimed',
    registers,
  });
  const unroutedAge = new Gauge({
    name: 'bosun_oldest_unrouted_seconds',
    help: 'Age of the oldest delivery that is not routed',
    registers,
  });
  const failedReads = new Counter({
    name: 'bosun_metrics_read_failures_total',
    help: 'Scrapes during which the rows could not be counted',
    registers,
  });

  async function refresh(): Promise<void> {
    try {
      const facts = await options.readFacts();
      for (const state of TASK_STATES) {
        tasks.set({ state }, facts.tasks[state] ?? 0);
      }
      readyAge.set(ageSeconds(facts.oldestReadyAt, options.now()));
      unroutedAge.set(ageSeconds(facts.oldestUnroutedAt, options.now()));
    } catch {
      // A scrape while the database is away still tells everything else; this counter says that it happened.
      failedReads.inc();
    }
  }

  return {
    webhookAnswered: ({ status, durationMs }) => webhooks.observe({ status }, durationMs / 1_000),
    deliveryRouted: (result) => routed.inc({ result }),
    deliveriesRecovered: (count) => recovered.inc(count),
    triggersRecovered: (count) => found.inc(count),
    taskClaimed: (latencyMs) => claims.observe(Math.max(0, latencyMs) / 1_000),
    stepEnded: ({ durationMs, ...labels }) => steps.observe(labels, durationMs / 1_000),
    taskWaits: (reason) => waits.inc({ reason }),
    taskEnded: ({ state, durationMs }) => ended.observe({ state }, durationMs / 1_000),
    attemptLost: () => lost.inc(),
    moneySpent: (cost) => spend.inc({ model: cost.model }, cost.costNano / 1e9),
    budgetWarned: (scope) => budgetWarnings.inc({ scope: scope.split(':')[0] ?? scope }),
    gateRefused: (code) => gate.inc({ code }),
    githubAnswered({ problem, remaining }) {
      github.inc({ problem: problem ?? 'none' });
      if (remaining !== null) {
        githubLeft.set(remaining);
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
