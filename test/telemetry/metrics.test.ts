import { expect, test } from 'vitest';
import { createMetrics } from '../../app/telemetry/metrics.ts';
import type { MeteredFacts } from '../../app/telemetry/metrics.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const FACTS: MeteredFacts = {
  tasks: { SUBMITTED: 3, HYDRATING: 0, RUNNING: 2, FINALIZING: 0, COMPLETED: 9, FAILED: 1, CANCELLED: 0, TIMED_OUT: 0 },
  oldestReadyAt: new Date(NOW.getTime() - 12_000),
  oldestUnroutedAt: null,
};

function create(readFacts: () => Promise<MeteredFacts> = () => Promise.resolve(FACTS)) {
  return createMetrics({ now: () => NOW, readFacts, process: 'off' });
}

test('a scrape tells what the rows say and what was observed', async () => {
  const metrics = create();
  metrics.taskClaimed(40);
  metrics.taskWaits('budget');
  metrics.moneySpent({ model: 'claude-sonnet-5', costNano: 420_000_000 });
  metrics.githubAnswered({ problem: null, remaining: 4_990 });
  metrics.githubAnswered({ problem: 'limited', remaining: null });
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
    'bosun_github_requests_left 4990',
    'bosun_github_requests_total{problem="none"} 1',
    'bosun_github_requests_total{problem="limited"} 1',
    'bosun_webhook_duration_seconds_count{status="202"} 1',
  ]) {
    expect(body).toContain(`${line}\n`);
  }
});

test('a scrape while the database is away still answers, and says so', async () => {
  const metrics = create(() => Promise.reject(new Error('no connection')));
  metrics.attemptLost();
  const { body } = await metrics.renderMetrics();
  expect(body).toContain('bosun_attempts_lost_total 1\n');
  expect(body).toContain('bosun_metrics_read_failures_total 1\n');
});

test('two sets of metrics do not disturb each other', async () => {
  const one = create();
  const other = create();
  one.attemptLost();
  expect((await other.renderMetrics()).body).toContain('bosun_attempts_lost_total 0\n');
});
