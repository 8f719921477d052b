import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Job } from '../../protocol/index.ts';
import type { BranchSettled } from '../publish/branch/settle-branch.ts';
import type { Hydrated, Hydration } from '../hydration/hydrate.ts';
import type { StartResult } from '../compute/compute.ts';
import { DEFAULTS } from '../config/defaults.ts';
import { WorkLost } from '../git/attempt/attempt.ts';
import { artifactKey } from '../store/artifacts.ts';
import { describeModelRefusal, readModelRefusal } from '../store/model-refusal.ts';
import type { ModelRefusal } from '../store/model-refusal.ts';
import type { TaskPatch } from '../store/stores.ts';
import { waitingEvent } from '../task/events.ts';
import { failure } from '../task/failure.ts';
import { OutOfReach } from '../task/out-of-reach.ts';
import { publishesChanges, TASK_TYPE_RECORDS } from '../task/task-types.ts';
import { addWait, endOutages } from '../task/outages.ts';
import type { AttemptEnvironment, Task, Wait } from '../task/task.ts';
import { compareRestored } from './compare-restored.ts';
import { fenceOf, type OrchestratorContext, type StepSignals } from './context.ts';
import { AWAY, backoff } from './decide-lost.ts';
import { describeEnvironment } from './environment/describe-environment.ts';
import { prepareEnvironment } from './environment/prepare-environment.ts';
import { findEarlierWork } from './find-earlier-work.ts';
import { findFinishedWork, openFinished } from './open-finished.ts';
import { loseAttempt } from './step-running.ts';

/** A checkout larger than this is kept on disk. */
const LARGE_CHECKOUT_BYTES = 256 * 1024 * 1024;

const SHORTEST_KEY_WAIT_MS = 15_000;

/**
 * HYDRATING: gather the context, make the repository the worker will see, start the worker. Ends in RUNNING, back in
 * SUBMITTED while GitHub or the artifacts are away, or FAILED. Every act is found again after a crash: the prompt and the repository are
 * replaced, and a session of the same name is found instead of started twice.
 */
export async function stepHydrating(
  task: Task,
  context: OrchestratorContext,
  signals: StepSignals,
): Promise<Task | null> {
  try {
    return await hydrateAndStart(task, context, signals);
  } catch (error) {
    if (error instanceof OutOfReach) {
      return waitUntilBack(task, context, { note: error.message, retryAt: error.retryAt, place: error.place });
    }
    if (error instanceof WorkLost) {
      return moved(context, task, { to: 'FAILED', patch: { failure: failure('WORK_LOST', error.message) } });
    }
    throw error;
  }
}

async function hydrateAndStart(task: Task, context: OrchestratorContext, signals: StepSignals): Promise<Task | null> {
  const refusal = await readModelRefusal(context.stores.keys);
  if (refusal !== null) {
    return waitForKey(task, context, refusal);
  }
  const comparison = await compareRestored(task, context);
  if (comparison.kind !== 'go_on') {
    return comparison.kind === 'github' ? waitUntilBack(task, context, { ...comparison, place: 'github' }) : null;
  }
  if (!publishesChanges(TASK_TYPE_RECORDS[task.type])) {
    return hydrateAndRun(task, context, { signals, usesRetried: true });
  }
  const settled = await context.publisher.settleBranch(task);
  if (settled.kind === 'wait') {
    return waitUntilBack(task, context, { ...settled, place: 'github' });
  }
  if (settled.kind === 'failed') {
    return moved(context, task, { to: 'FAILED', patch: { failure: settled.failure } });
  }
  const current = await recordBranch(task, context, settled);
  if (current === null) {
    return null;
  }
  const finished = await findFinishedWork(current, context);
  return finished === null
    ? hydrateAndRun(current, context, { signals, usesRetried: settled.earlier === 'usable' })
    : openFinished(current, context, finished);
}

async function recordBranch(
  task: Task,
  context: OrchestratorContext,
  settled: Extract<BranchSettled, { kind: 'settled' }>,
): Promise<Task | null> {
  const { branch, note, publication } = settled;
  if (note === null) {
    return task;
  }
  const recorded = await context.stores.tasks.record({
    fence: fenceOf(task),
    now: context.clock.now(),
    patch: { branch, ...(publication !== null && { publication }) },
    event: { kind: 'task.note', data: { note } },
  });
  return recorded.moved ? recorded.task : null;
}

async function hydrateAndRun(task: Task, context: OrchestratorContext, step: HydrationStep): Promise<Task | null> {
  const hydration = await hydrateInTime(task, context, step);
  if (hydration === null) {
    return null;
  }
  switch (hydration.kind) {
    case 'failed':
      return moved(context, task, {
        to: hydration.failure.code === 'HYDRATION_TIMEOUT' ? 'TIMED_OUT' : 'FAILED',
        patch: { failure: hydration.failure },
      });
    case 'github':
      return waitUntilBack(task, context, { ...hydration, place: 'github' });
    case 'ready':
      return start(task, context, { hydrated: hydration.hydrated, signals: step.signals });
  }
}

interface HydrationStep {
  readonly signals: StepSignals;
  /** Whether the work of the task that this one retries is something to go on from. */
  readonly usesRetried: boolean;
}

/** While the provider refuses the key an attempt could only fail, so none begins. It is looked at again after the next probe. */
async function waitForKey(task: Task, context: OrchestratorContext, refusal: ModelRefusal): Promise<Task | null> {
  const soonest = context.clock.now().getTime() + SHORTEST_KEY_WAIT_MS;
  const wakeAt = new Date(
    Math.max(soonest, refusal.probeAt.getTime()) + Math.round(SHORTEST_KEY_WAIT_MS * context.random()),
  );
  return moved(context, task, {
    to: 'SUBMITTED',
    patch: {},
    wait: { reason: 'model', wakeAt, note: describeModelRefusal(refusal), blockedOn: null },
  });
}

async function hydrateInTime(
  task: Task,
  context: OrchestratorContext,
  { signals, usesRetried }: HydrationStep,
): Promise<Hydration | null> {
  const late = AbortSignal.timeout(context.times.hydrationTimeoutMs);
  const signal = AbortSignal.any([late, signals.signal]);
  const from = usesRetried ? task : { ...task, retryOf: null };
  const hydration = await context.hydrator.hydrate(task, { signal, earlier: await findEarlierWork(from, context) });
  if (signals.signal.aborted) {
    return null;
  }
  if (late.aborted && hydration.kind !== 'ready') {
    return { kind: 'failed', failure: failure('HYDRATION_TIMEOUT') };
  }
  return hydration;
}

async function waitUntilBack(
  task: Task,
  context: OrchestratorContext,
  problem: { note: string; retryAt: Date | null; place: keyof typeof AWAY },
): Promise<Task | null> {
  const now = context.clock.now();
  const { code, reason } = AWAY[problem.place];
  const outage = task.outages[problem.place];
  if (outage !== undefined && now.getTime() - outage.since.getTime() > context.times.githubPatienceMs) {
    return moved(context, task, { to: 'FAILED', patch: { failure: failure(code, problem.note) } });
  }
  const tries = Math.min((outage?.waits ?? 0) + 1, 6);
  const pauseMs = backoff(tries, { firstMs: 2_000, maxMs: 60_000, jitter: context.random() });
  const wakeAt = problem.retryAt ?? new Date(now.getTime() + pauseMs);
  return moved(context, task, {
    to: 'SUBMITTED',
    patch: { outages: addWait(task.outages, problem.place, now) },
    wait: { reason, wakeAt, note: problem.note, blockedOn: null },
  });
}

async function start(
  task: Task,
  context: OrchestratorContext,
  given: { hydrated: Hydrated; signals: StepSignals },
): Promise<Task | null> {
  const { hydrated } = given;
  const fence = fenceOf(task);
  const { earlier } = hydrated;
  const startSha = earlier?.source.sha ?? hydrated.baseSha;
  await keepPrompt(task, context, hydrated.prompt);
  await context.git.prepare({
    taskId: task.id,
    epoch: task.epoch,
    repositoryId: task.repository.id,
    baseBranch: hydrated.baseBranch,
    baseSha: hydrated.baseSha,
    workBranch: task.branch,
    start: earlier?.source ?? null,
  });
  const token = context.newToken();
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  const gateBaseSha = earlier?.gateBaseSha ?? hydrated.baseSha;
  const recorded = await context.stores.tasks.record({
    fence,
    now: context.clock.now(),
    patch: { baseBranch: hydrated.baseBranch, baseSha: hydrated.baseSha },
    attempt: { tokenSha256, startSha, gateBaseSha },
    event: { kind: 'task.hydrated', data: { ...hydrated.read, resumed: earlier !== null } },
  });
  if (!recorded.moved) {
    return null;
  }
  await context.onStep?.('hydrated', task.id);
  const work = { hydrated, startSha, token };
  return hydrated.environment.setup === null
    ? startAtOnce(recorded.task, context, work)
    : prepareAndStart(recorded.task, context, { ...work, signals: given.signals });
}

interface Work {
  readonly hydrated: Hydrated;
  readonly startSha: string;
  readonly token: string;
}

/** Nothing is to be set up: the worker starts, and with it the attempt runs. */
async function startAtOnce(task: Task, context: OrchestratorContext, work: Work): Promise<Task | null> {
  const session = { taskId: task.id, epoch: task.epoch };
  const { setup, verify } = work.hydrated.environment;
  const facts = { setup, verify, prepared: null };
  await context.stores.attempts.recordEnvironment({
    fence: fenceOf(task),
    environment: facts,
    prepareTokenSha256: null,
  });
  const started = await startWork(task, context, { ...work, environment: null, facts });
  if (!started.started) {
    const detail = `${started.reason}\n${started.remedy}`;
    return moved(context, task, { to: 'FAILED', patch: { failure: failure('WORKER_START_FAILED', detail) } });
  }
  await context.onStep?.('started', task.id);
  const running = await run(task, context);
  if (running === null) {
    await context.compute.stop(session, { graceMs: 0 });
  }
  return running;
}

/** The attempt runs from here on, so that its clocks and what people wish hold for the set-up as they do for the work. */
async function prepareAndStart(
  task: Task,
  context: OrchestratorContext,
  work: Work & { signals: StepSignals },
): Promise<Task | null> {
  const running = await run(task, context);
  if (running === null) {
    return null;
  }
  const prepared = await prepareEnvironment(running, context, work);
  if (prepared.kind === 'ended') {
    return prepared.next;
  }
  const started = await startWork(running, context, { ...work, ...prepared });
  if (!started.started) {
    const why = `the worker could not be started: ${started.reason}. ${started.remedy}`;
    return loseAttempt(running, context, why);
  }
  await context.onStep?.('started', task.id);
  return running;
}

async function run(task: Task, context: OrchestratorContext): Promise<Task | null> {
  const result = await context.stores.tasks.move({
    fence: fenceOf(task),
    to: 'RUNNING',
    now: context.clock.now(),
    patch: { outages: endOutages(task.outages, ['github', 'store']) },
    event: { kind: 'task.started' },
  });
  return result.moved ? result.task : null;
}

async function startWork(
  task: Task,
  context: OrchestratorContext,
  work: Work & { environment: string | null; facts: AttemptEnvironment },
): Promise<StartResult> {
  const { prompt } = work.hydrated;
  const told = { ...prompt, user: `${prompt.user}\n\n${describeEnvironment(work.facts)}` };
  await keepPrompt(task, context, told);
  return context.compute.start({
    session: { taskId: task.id, epoch: task.epoch },
    job: renderJob(task, context, { ...work, prompt: told }),
    environment: work.environment,
    space: work.hydrated.environment.checkoutBytes > LARGE_CHECKOUT_BYTES ? 'disk' : 'memory',
    limits: context.worker,
  });
}

async function keepPrompt(task: Task, context: OrchestratorContext, prompt: Hydrated['prompt']): Promise<void> {
  const key = artifactKey({ taskId: task.id, epoch: task.epoch }, 'prompt.json');
  await context.artifacts.put(key, Buffer.from(JSON.stringify(prompt, null, 2)));
}

function renderJob(
  task: Task,
  context: OrchestratorContext,
  facts: Work & { prompt: Hydrated['prompt']; facts: AttemptEnvironment },
): Omit<Job, 'workDir' | 'door'> & { door: { token: string } } {
  const { settings } = task;
  const { output } = TASK_TYPE_RECORDS[task.type];
  const { verify } = facts.facts;
  return {
    version: 1,
    kind: 'work',
    taskId: task.id,
    epoch: task.epoch,
    door: { token: facts.token },
    git: {
      startBranch: facts.hydrated.earlier !== null ? task.branch : facts.hydrated.baseBranch,
      startSha: facts.startSha,
      workBranch: task.branch,
      authorName: 'Bosun worker',
      authorEmail: 'worker@bosun.invalid',
      depth: settings.checkout?.depth ?? DEFAULTS.checkoutDepth,
    },
    agent: settings.agent,
    model: settings.model,
    maxTurns: settings.maxTurns,
    prompt: facts.prompt,
    ...(verify === null ? {} : { verify: verify.command }),
    ...(output === null ? {} : { outputSchema: z.toJSONSchema(output) }),
    ...(settings.path === null ? {} : { path: settings.path }),
    timeoutMs: settings.timeoutMs,
    heartbeatMs: context.times.heartbeatMs,
  };
}

type Ending =
  | { readonly to: 'FAILED' | 'TIMED_OUT'; readonly patch: { readonly failure: ReturnType<typeof failure> } }
  | { readonly to: 'SUBMITTED'; readonly patch: TaskPatch; readonly wait: Wait };

async function moved(context: OrchestratorContext, task: Task, ending: Ending): Promise<Task | null> {
  const now = context.clock.now();
  const event =
    ending.to !== 'SUBMITTED'
      ? { kind: 'task.ended' as const, data: { code: ending.patch.failure.code } }
      : waitingEvent(ending.wait);
  await context.stores.tasks.move({ fence: fenceOf(task), now, event, ...ending });
  return null;
}
