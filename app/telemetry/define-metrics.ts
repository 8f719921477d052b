import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Installations with a label of their own, so that a public App does not fill Prometheus. */
export const MOST_INSTALLATIONS = 50;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const TASK_SECONDS = [10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800];

function define(registry: Registry) {
  const registers = [registry];
  function counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers });
  }
  function gauge<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers });
  }
  function histogram<L extends string = never>(
    name: string,
    help: string,
    shape: { readonly labels?: readonly L[]; readonly buckets: number[] },
  ): Histogram<L> {
    return new Histogram({ name, help, labelNames: [...(shape.labels ?? [])], buckets: shape.buckets, registers });
  }

  return {
    webhooks: histogram('bosun_webhook_duration_seconds', 'Time until a webhook delivery was answered', {
      labels: ['status'],
      buckets: SECONDS,
    }),
    routed: counter('bosun_deliveries_routed_total', 'Deliveries taken from the inbox, by what became of them', [
      'result',
    ]),
    recovered: counter(
      'bosun_deliveries_recovered_total',
      'Deliveries that never arrived and were fetched from GitHub',
    ),
    found: counter(
      'bosun_triggers_recovered_total',
      'Commands and labels of which no delivery told, found by comparing them with tasks',
    ),
    pruned: counter('bosun_tasks_pruned_total', 'Ended tasks that were deleted because they were kept long enough'),
    claims: histogram(
      'bosun_claim_latency_seconds',
      'Time from the command until the task was claimed, waits for slots and budgets included',
      { buckets: [...SECONDS, 30, 60, 300] },
    ),
    steps: histogram(
      'bosun_state_duration_seconds',
      'Time a task spent in a state of its attempt, by state and by result (`next`: the next one follows, `left`: the task waits or ended, `error`: one of our own)',
      { labels: ['state', 'result'], buckets: [0.1, 0.5, 1, 5, ...TASK_SECONDS] },
    ),
    waits: counter('bosun_task_waits_total', 'How often a task began to wait, by reason', ['reason']),
    ended: histogram('bosun_task_duration_seconds', 'Time from the start of a task to its end, by its last state', {
      labels: ['state'],
      buckets: TASK_SECONDS,
    }),
    lost: counter('bosun_attempts_lost_total', 'Attempts whose worker was lost'),
    reapingPaused: gauge('bosun_reaping_paused', '1 while so many attempts look lost at once that none is ended'),
    spend: counter('bosun_spend_usd_total', 'Settled cost of model requests in USD, by model', ['model']),
    budgetWarnings: counter(
      'bosun_budget_warnings_total',
      'Shared budgets of which 80 % were spent, once for each period, by kind of scope',
      ['scope'],
    ),
    gate: counter('bosun_gate_refusals_total', 'Findings of the publisher gate, by code', ['code']),
    github: counter(
      'bosun_github_requests_total',
      'Answers of GitHub, by problem (`none` when it did what was asked)',
      ['problem'],
    ),
    githubLeft: gauge(
      'bosun_github_requests_left',
      `Requests left of the hourly limit in the latest answer of GitHub, for the first ${MOST_INSTALLATIONS} installations and \`other\``,
      ['installation'],
    ),
    leases: counter(
      'bosun_leases_lost_total',
      'Tasks whose lease this process lost to another while it worked on them',
    ),
    recoveries: counter(
      'bosun_tasks_recovered_total',
      'Tasks taken over from a process that was gone, by what became of them',
      ['decision'],
    ),
    door: histogram(
      'bosun_door_request_duration_seconds',
      'Time until the door had answered a worker, by route and status',
      { labels: ['room', 'status'], buckets: [...SECONDS, 30, 60, 300] },
    ),
    artifacts: counter('bosun_artifact_errors_total', 'Calls of the artifact store that failed, by operation', [
      'operation',
    ]),
    tasks: gauge('bosun_tasks', 'Tasks that have not ended, by state', ['state']),
    waiting: gauge('bosun_tasks_waiting', 'Tasks that wait, by reason (`slot`: they could run once there is a place)', [
      'reason',
    ]),
    queues: gauge(
      'bosun_queue_depth',
      'What is not done yet: `deliveries` not routed, `messages` not sent, `reports` not shown',
      ['queue'],
    ),
    budgetSpent: gauge(
      'bosun_budget_spent_usd',
      'Spent in the current period, by kind of shared budget (all repositories together)',
      ['scope'],
    ),
    budgetReserved: gauge(
      'bosun_budget_reserved_usd',
      'Set aside for running tasks and not spent, by kind of shared budget (all repositories together)',
      ['scope'],
    ),
    budgetLeft: gauge(
      'bosun_budget_left_usd',
      'Left for new tasks, by kind of shared budget; of repositories, the one with the least',
      ['scope'],
    ),
    budgetRatio: gauge(
      'bosun_budget_spent_ratio',
      'Share of the cap that is spent, by kind of shared budget; of repositories, the one with the most',
      ['scope'],
    ),
    connections: gauge(
      'bosun_database_connections',
      'Connections of this process to the database: `busy`, `idle`, requests `waiting` for one, and `max`',
      ['state'],
    ),
    build: gauge('bosun_build_info', 'Always 1; the labels say which version runs, on which Node, in which roles', [
      'version',
      'node',
      'roles',
    ]),
    readyAge: gauge('bosun_oldest_ready_seconds', 'Age of the oldest task that could run but is not claimed'),
    unroutedAge: gauge('bosun_oldest_unrouted_seconds', 'Age of the oldest delivery that is not routed'),
    failedReads: counter('bosun_metrics_read_failures_total', 'Scrapes during which the rows could not be counted'),
  };
}

export type DefinedMetrics = ReturnType<typeof define>;

/**
 * Every metric of Bosun by name, with its help and its labels. Labels are few and closed: never a task, a repository or a
 * person; of installations so many and no more.
 */
export function defineMetrics(registry: Registry): DefinedMetrics {
  return define(registry);
}
