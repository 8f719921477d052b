import { expect, test } from 'vitest';
import { createMetrics } from '../../app/telemetry/metrics.ts';
import type { MeteredFacts } from '../../app/telemetry/metrics.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const FACTS: MeteredFacts = {
  live: { HYDRATING: 0, RUNNING: 2, FINALIZING: 0 },
  waits: {
    slot: 2,
    budget: 1,
    approval: 0,
    dependency: 0,
    github: 0,
    model: 0,
    backoff: 0,
    human: 0,
    paused: 0,
  },
  queues: { deliveries: 4, messages: 0, reports: 1 },
  budgets: [
    { scope: 'server-day', spentNano: 3e9, reservedNano: 5e9, leastLeftNano: 192e9, mostSpentRatio: 0.01 },
    { scope: 'repository-month', spentNano: 3e9, reservedNano: 0, leastLeftNano: null, mostSpentRatio: null },
  ],
  oldestReadyAt: new Date(NOW.getTime() - 12_000),
  oldestUnroutedAt: null,
};

function create(readFacts: () => Promise<MeteredFacts> = () => Promise.resolve(FACTS)) {
  return createMetrics({ now: () => NOW, readFacts, process: 'off' });
}

test('a scrape returns what the rows hold and what was observed', async () => {
  const metrics = create();
  metrics.taskClaimed(40);
  metrics.taskWaits('budget');
  metrics.moneySpent({ model: 'claude-sonnet-5', costNano: 420_000_000 });
  metrics.githubAnswered({ installationId: 7, problem: null, remaining: 4_990 });
  metrics.githubAnswered({ installationId: 7, problem: 'limited', remaining: null });
  metrics.stepEnded({ state: 'RUNNING', result: 'next', durationMs: 4_000 });
  metrics.doorAnswered({ room: 'model', status: 403, durationMs: 3 });
  metrics.artifactFailed('put');
  metrics.taskRecovered('lose');
  metrics.leaseLost();
  metrics.webhookAnswered({ status: 202, durationMs: 3 });
  const { body, contentType } = await metrics.renderMetrics();
  expect(contentType).toContain('text/plain');
  for (const line of [
    'bosun_tasks{state="SUBMITTED"} 3',
    'bosun_tasks{state="HYDRATING"} 0',
    'bosun_oldest_ready_seconds 12',
    'bosun_oldest_unrouted_seconds 0',
    'bosun_claim_latency_seconds_count 1',
    'bosun_task_waits_total{reason="budget"} 1',
    'bosun_spend_usd_total{model="claude-sonnet-5"} 0.42',
    'bosun_github_requests_left{installation="7"} 4990',
    'bosun_tasks_waiting{reason="budget"} 1',
    'bosun_queue_depth{queue="deliveries"} 4',
    'bosun_budget_spent_usd{scope="server-day"} 3',
    'bosun_budget_left_usd{scope="server-day"} 192',
    'bosun_budget_spent_ratio{scope="server-day"} 0.01',
    'bosun_state_duration_seconds_count{state="RUNNING",result="next"} 1',
    'bosun_door_request_duration_seconds_count{room="model",status="403"} 1',
    'bosun_artifact_errors_total{operation="put"} 1',
    'bosun_tasks_recovered_total{decision="lose"} 1',
    'bosun_leases_lost_total 1',
    'bosun_github_requests_total{problem="none"} 1',
    'bosun_github_requests_total{problem="limited"} 1',
    'bosun_webhook_duration_seconds_count{status="202"} 1',
  ]) {
    expect(body).toContain(`${line}\n`);
  }
});

test('a scrape while the database is unavailable still answers, and reports it', async () => {
  const metrics = create(() => Promise.reject(new Error('no connection')));
  metrics.attemptLost();
  const { body } = await metrics.renderMetrics();
  expect(body).toContain('bosun_attempts_lost_total 1\n');
  expect(body).toContain('bosun_metrics_read_failures_total 1\n');
});

test('a budget without a cap has nothing left to tell of', async () => {
  const { body } = await create().renderMetrics();
  expect(body).toContain('bosun_budget_spent_usd{scope="repository-month"} 3\n');
  expect(body).not.toContain('bosun_budget_left_usd{scope="repository-month"}');
});

test('only so many installations have a label of their own', async () => {
  const metrics = create();
  for (let installationId = 1; installationId <= 60; installationId += 1) {
    metrics.githubAnswered({ installationId, problem: null, remaining: installationId });
  }
  const { body } = await metrics.renderMetrics();
  expect(body.match(/^bosun_github_requests_left\{/gm)).toHaveLength(51);
  expect(body).toContain('bosun_github_requests_left{installation="other"} 60\n');
});

test('a scrape describes the process, and does not wait for rows for ever', async () => {
  const connections = () => ({ busy: 3, idle: 1, waiting: 2, max: 4 });
  const about = { version: '1.2.3', roles: ['web', 'door'], connections };
  const readFacts = () => new Promise<MeteredFacts>(() => undefined);
  const metrics = createMetrics({ now: () => NOW, readFacts, process: 'off', about });
  const { body } = await metrics.renderMetrics();
  expect(body).toContain(`bosun_build_info{version="1.2.3",node="${process.versions.node}",roles="web,door"} 1\n`);
  expect(body).toContain('bosun_database_connections{state="waiting"} 2\n');
  expect(body).toContain('bosun_metrics_read_failures_total 1\n');
});

test('two sets of metrics do not disturb each other', async () => {
  const one = create();
  const other = create();
  one.attemptLost();
  expect((await other.renderMetrics()).body).toContain('bosun_attempts_lost_total 0\n');
});
