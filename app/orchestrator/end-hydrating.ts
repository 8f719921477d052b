import { describeModelRefusal, type ModelRefusal } from '../store/model-refusal.ts';
import type { TaskPatch } from '../store/stores.ts';
import { waitingEvent } from '../task/events.ts';
import type { Failure } from '../task/failure.ts';
import type { Task, Wait } from '../task/task.ts';
import { fenceOf } from '../task/fence.ts';
import type { OrchestratorContext } from './context.ts';
import { decideOutageWait, type Outage } from './waiting/decide-outage-wait.ts';

const SHORTEST_KEY_WAIT_MS = 15_000;

export type HydratingEnd =
  | { readonly to: 'FAILED' | 'TIMED_OUT'; readonly patch: { readonly failure: Failure } }
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

/** Back to the queue while GitHub or the artifact store does not answer, or the end when that lasts too long. */
export async function waitForService(task: Task, context: OrchestratorContext, outage: Outage): Promise<null> {
  const decision = decideOutageWait(task, outage, {
    now: context.clock.now(),
    patienceMs: context.times.githubPatienceMs,
    jitter: context.random(),
  });
  return decision.do === 'give_up'
    ? endHydrating(task, context, { to: 'FAILED', patch: { failure: decision.failure } })
    : endHydrating(task, context, { to: 'SUBMITTED', patch: { outages: decision.outages }, wait: decision.wait });
}

/** What runs workers does not answer: nothing is wrong with the task, which goes back to the queue until it does. */
export function waitForCompute(
  task: Task,
  context: OrchestratorContext,
  { reason }: { reason: string },
): Promise<null> {
  return waitForService(task, context, { service: 'compute', note: reason, retryAt: null });
}
