import { describeModelRefusal, type ModelRefusal } from '../store/model-refusal.ts';
import type { TaskPatch } from '../store/stores.ts';
import { waitingEvent } from '../task/events.ts';
import { failure } from '../task/failure.ts';
import { addWait } from '../task/outages.ts';
import type { Task, Wait } from '../task/task.ts';
import { fenceOf, type OrchestratorContext } from './context.ts';
import { AWAY, backoff } from './decide-lost.ts';

const SHORTEST_KEY_WAIT_MS = 15_000;

export type HydratingEnd =
  | { readonly to: 'FAILED' | 'TIMED_OUT'; readonly patch: { readonly failure: ReturnType<typeof failure> } }
  | { readonly to: 'SUBMITTED'; readonly patch: TaskPatch; readonly wait: Wait };

/** Leaves HYDRATING without a worker, in one statement with the event of it. */
export async function endHydrating(task: Task, context: OrchestratorContext, ending: HydratingEnd): Promise<null> {
  const now = context.clock.now();
  const event =
    ending.to !== 'SUBMITTED'
      ? { kind: 'task.ended' as const, data: { code: ending.patch.failure.code } }
      : waitingEvent(ending.wait);
  await context.stores.tasks.move({ fence: fenceOf(task), now, event, ...ending });
  return null;
}

/** While the provider refuses the key an attempt could only fail, so none begins. It is looked at again after the next probe. */
export async function waitForKey(task: Task, context: OrchestratorContext, refusal: ModelRefusal): Promise<null> {
  const soonest = context.clock.now().getTime() + SHORTEST_KEY_WAIT_MS;
  const wakeAt = new Date(
    Math.max(soonest, refusal.probeAt.getTime()) + Math.round(SHORTEST_KEY_WAIT_MS * context.random()),
  );
  return endHydrating(task, context, {
    to: 'SUBMITTED',
    patch: {},
    wait: { reason: 'model', wakeAt, note: describeModelRefusal(refusal), blockedOn: null },
  });
}

export async function waitUntilBack(
  task: Task,
  context: OrchestratorContext,
  problem: { note: string; retryAt: Date | null; place: keyof typeof AWAY },
): Promise<null> {
  const now = context.clock.now();
  const { code, reason } = AWAY[problem.place];
  const outage = task.outages[problem.place];
  if (outage !== undefined && now.getTime() - outage.since.getTime() > context.times.githubPatienceMs) {
    return endHydrating(task, context, { to: 'FAILED', patch: { failure: failure(code, problem.note) } });
  }
  const tries = Math.min((outage?.waits ?? 0) + 1, 6);
  const pauseMs = backoff(tries, { firstMs: 2_000, maxMs: 60_000, jitter: context.random() });
  const wakeAt = problem.retryAt ?? new Date(now.getTime() + pauseMs);
  return endHydrating(task, context, {
    to: 'SUBMITTED',
    patch: { outages: addWait(task.outages, problem.place, now) },
    wait: { reason, wakeAt, note: problem.note, blockedOn: null },
  });
}

/** What runs workers does not answer: nothing is wrong with the task, which goes back to the queue until it does. */
export function waitForCompute(
  task: Task,
  context: OrchestratorContext,
  { reason }: { reason: string },
): Promise<null> {
  return waitUntilBack(task, context, { note: reason, retryAt: null, place: 'compute' });
}
