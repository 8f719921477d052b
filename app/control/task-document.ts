import { describeBlock } from '../budget/describe-block.ts';
import { exactUsd } from '../budget/money.ts';
import type { LedgerTotals, QueuePosition } from '../store/stores.ts';
import type { TaskEvent } from '../task/events.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Quote } from '../task/quote.ts';
import type { NanoUsd, Task } from '../task/task.ts';
import { routeOf } from '../task/tiers/route.ts';

/** A task for programs: snake_case, money in USD as numbers, times in ISO 8601. Keys are only ever added. */
export function taskDocument(task: Task): Record<string, unknown> {
  return {
    id: task.id,
    type: task.type,
    state: task.state,
    epoch: task.epoch,
    wait:
      task.wait === null
        ? null
        : { reason: task.wait.reason, note: task.wait.note, wake_at: task.wait.wakeAt.toISOString() },
    stop_requested: task.stop === null ? null : { kind: task.stop.kind, by: task.stop.by.login, at: task.stop.at },
    repository: `${task.repository.owner}/${task.repository.name}`,
    issue: { number: task.thread.number, title: task.text.title },
    requested_by: task.requestedBy.login,
    trigger_url: task.trigger.url,
    model: routeOf(task).model,
    tier: routeOf(task).tier,
    size: task.settings.size ?? null,
    effort: routeOf(task).effort,
    priority: task.priority,
    budget_usd: usd(task.budgetNano),
    spent_usd: usd(task.spentNano),
    unsettled_usd: usd(task.unsettledNano),
    branch: task.branch,
    base: task.baseBranch,
    pull_request:
      task.publication.pullNumber === null
        ? null
        : {
            number: task.publication.pullNumber,
            url: task.publication.pullUrl,
            head_sha: task.publication.headSha,
            branch: task.branch,
          },
    quote: quoteDocument(task.settings.quote ?? null),
    outcome: task.outcome === null ? null : outcomeDocument(task.outcome),
    failure: task.failure,
    retry_of: task.retryOf,
    created_at: task.createdAt,
    started_at: task.startedAt,
    finished_at: task.finishedAt,
  };
}

function quoteDocument(quote: Quote | null): Record<string, unknown> | null {
  return quote === null
    ? null
    : { p50_usd: usd(quote.p50Nano), p90_usd: usd(quote.p90Nano), tasks: quote.tasks, basis: quote.basis };
}

function outcomeDocument(outcome: NonNullable<Task['outcome']>): Record<string, unknown> {
  const { filesChanged, ...rest } = outcome;
  return { ...rest, files_changed: filesChanged };
}

export function attemptDocument(attempt: Attempt): Record<string, unknown> {
  return {
    epoch: attempt.epoch,
    phase: attempt.progress?.phase ?? null,
    turn: attempt.progress?.turn ?? null,
    note: attempt.progress?.note ?? null,
    model_calls: attempt.modelCalls,
    spent_usd: usd(attempt.spentNano),
    conversation: attempt.result?.conversation ?? null,
    started_at: attempt.startedAt,
    heartbeat_at: attempt.heartbeatAt,
    ended_at: attempt.endedAt,
  };
}

export function queueDocument(position: QueuePosition): Record<string, unknown> {
  const { position: place, waiting, running, etaMs, block } = position;
  return { position: place, waiting, running, eta_ms: etaMs, blocked: block === null ? null : describeBlock(block) };
}

/** Cost as `bosun demo --json` gives it: the sum, by model, and by purpose. */
export function costDocument(totals: readonly LedgerTotals[]): Record<string, unknown> {
  return {
    usd: usd(totals.reduce((sum, total) => sum + total.costNano, 0)),
    by_model: sumBy(totals, ({ model }) => model),
    by_purpose: sumBy(totals, ({ purpose }) => purpose),
    calls: totals.map(({ purpose, provider, model, requests, costNano }) => ({
      purpose,
      provider,
      model,
      requests,
      usd: usd(costNano),
    })),
  };
}

function sumBy(totals: readonly LedgerTotals[], keyOf: (total: LedgerTotals) => string): Record<string, unknown> {
  const groups = Map.groupBy(totals, keyOf);
  return Object.fromEntries([...groups].map(([key, group]) => [key, sumOf(group)]));
}

function sumOf(group: readonly LedgerTotals[]): Record<string, number> {
  function sum(count: (total: LedgerTotals) => number): number {
    return group.reduce((total, one) => total + count(one), 0);
  }
  return {
    usd: usd(sum(({ costNano }) => costNano)),
    requests: sum(({ requests }) => requests),
    input_tokens: sum(({ usage }) => usage.inputTokens),
    output_tokens: sum(({ usage }) => usage.outputTokens),
    cache_write_tokens: sum(({ usage }) => usage.cacheWriteTokens),
    cache_read_tokens: sum(({ usage }) => usage.cacheReadTokens),
  };
}

export function eventDocument(event: TaskEvent): Record<string, unknown> {
  const { seq, at, epoch, state, data } = event;
  return { seq, at, epoch, kind: event.kind === 'unknown' ? event.name : event.kind, state, data };
}

function usd(nano: NanoUsd): number {
  return Number(exactUsd(nano));
}
