import { createHash } from 'node:crypto';
import type { BranchSettled } from '../publish/branch/settle-branch.ts';
import type { Hydrated, Hydration } from '../hydration/hydrate.ts';
import type { StartResult } from '../compute/compute.ts';
import { WorkLost } from '../git/attempt/attempt.ts';
import { artifactKey } from '../store/artifacts.ts';
import { readModelRefusal } from '../store/model-refusal.ts';
import { failure } from '../task/failure.ts';
import { acceptedQuestion, releasedQuestion } from '../task/question.ts';
import { ServiceUnavailable } from '../task/service-unavailable.ts';
import { publishesChanges, TASK_TYPE_RECORDS } from '../task/task-types.ts';
import { endOutages } from '../task/outages.ts';
import type { AttemptEnvironment } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { carryConversation, type CarriedConversation } from './carry-conversation.ts';
import { askIfReady } from './check-readiness.ts';
import { addLessons } from './lessons/add-lessons.ts';
import { compareRestored } from './compare-restored.ts';
import { fenceOf } from '../task/fence.ts';
import type { OrchestratorContext, StepSignals } from './context.ts';
import { describeEnvironment } from './environment/describe-environment.ts';
import { plannedEnvironment } from './environment/plan-session.ts';
import { prepareEnvironment } from './environment/prepare-environment.ts';
import { findEarlierWork } from './find-earlier-work.ts';
import { endHydrating, waitForCompute, waitForKey, waitForService } from './end-hydrating.ts';
import { endAccepted, findFinishedWork, openFinished, openReleased } from './open-finished.ts';
import { renderJob, type AttemptStart } from './render-job.ts';
import { loseAttempt } from './step-running.ts';

/**
 * HYDRATING: gather the context, make the repository the worker will see, start the worker. Ends in RUNNING, back in
 * SUBMITTED while GitHub or the artifacts are unavailable, or FAILED. Every act is found again after a crash: the
 * prompt and the repository are replaced, and a session of the same name is found instead of started twice.
 */
export async function stepHydrating(
  task: Task,
  context: OrchestratorContext,
  signals: StepSignals,
): Promise<Task | null> {
  try {
    return await hydrateAndStart(task, context, signals);
  } catch (error) {
    if (error instanceof ServiceUnavailable) {
      return waitForService(task, context, { service: error.service, note: error.message, retryAt: error.retryAt });
    }
    if (error instanceof WorkLost) {
      return endHydrating(task, context, { to: 'FAILED', patch: { failure: failure('WORK_LOST', error.message) } });
    }
    throw error;
  }
}

async function hydrateAndStart(task: Task, context: OrchestratorContext, signals: StepSignals): Promise<Task | null> {
  if (acceptedQuestion(task) !== null) {
    return endAccepted(task, context);
  }
  const isReleased = releasedQuestion(task) !== null;
  const refusal = isReleased ? null : await readModelRefusal(context.stores.keys);
  if (refusal !== null) {
    return waitForKey(task, context, refusal);
  }
  const comparison = await compareRestored(task, context);
  if (comparison.kind !== 'go_on') {
    return comparison.kind === 'github' ? waitForService(task, context, { ...comparison, service: 'github' }) : null;
  }
  if (isReleased) {
    return openReleased(task, context);
  }
  if (!publishesChanges(TASK_TYPE_RECORDS[task.type])) {
    return hydrateAndRun(task, context, { signals, usesRetried: true });
  }
  const settled = await context.publisher.settleBranch(task);
  if (settled.kind === 'wait') {
    return waitForService(task, context, { ...settled, service: 'github' });
  }
  if (settled.kind === 'failed') {
    return endHydrating(task, context, { to: 'FAILED', patch: { failure: settled.failure } });
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
  if (note === null || (task.publication.headSha !== null && (await hasUnjudgedWork(task, context)))) {
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

/** What a lost attempt left stands on the commit that Bosun pushed, and cannot be moved to the one of somebody else. */
async function hasUnjudgedWork(task: Task, context: OrchestratorContext): Promise<boolean> {
  return (await findEarlierWork(task, context))?.source.kind === 'quarantined';
}

async function hydrateAndRun(task: Task, context: OrchestratorContext, step: HydrationStep): Promise<Task | null> {
  const hydration = await hydrateInTime(task, context, step);
  if (hydration === null) {
    return null;
  }
  switch (hydration.kind) {
    case 'failed':
      return endHydrating(task, context, {
        to: hydration.failure.code === 'HYDRATION_TIMEOUT' ? 'TIMED_OUT' : 'FAILED',
        patch: { failure: hydration.failure },
      });
    case 'github':
      return waitForService(task, context, { ...hydration, service: 'github' });
    case 'ready':
      return (await askIfReady(task, context, hydration.hydrated))
        ? null
        : start(task, context, { hydrated: await addLessons(task, context, hydration.hydrated), ...step });
  }
}

interface HydrationStep {
  readonly signals: StepSignals;
  /** Whether the work of the task that this one retries is something to continue from. */
  readonly usesRetried: boolean;
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

async function start(
  task: Task,
  context: OrchestratorContext,
  given: HydrationStep & { hydrated: Hydrated },
): Promise<Task | null> {
  const { hydrated } = given;
  const { earlier } = hydrated;
  const startSha = earlier?.source.sha ?? hydrated.baseSha;
  const carried = await carryConversation(task, context, { ...given, continues: hydrated.read.resumed });
  const outsiders = await addEarlierOutsiders(hydrated, context, carried);
  await keepPrompt(task, context, hydrated.prompt);
  await context.git.prepare({
    taskId: task.id,
    epoch: task.epoch,
    repositoryId: task.repository.id,
    baseBranch: hydrated.baseBranch,
    baseSha: hydrated.baseSha,
    workBranch: task.branch,
    start: earlier?.source ?? null,
    ...(hydrated.submodules.length > 0 && { submodules: hydrated.submodules }),
  });
  const token = context.newToken();
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  const gateBaseSha = earlier?.gateBaseSha ?? hydrated.baseSha;
  const recorded = await context.stores.tasks.record({
    fence: fenceOf(task),
    now: context.clock.now(),
    patch: { baseBranch: hydrated.baseBranch, baseSha: hydrated.baseSha },
    attempt: { tokenSha256, startSha, gateBaseSha, outsiders },
    event: { kind: 'task.hydrated', data: hydrated.read },
  });
  if (!recorded.moved) {
    return null;
  }
  await context.onStep?.('hydrated', task.id);
  const work = { hydrated, startSha, token, conversation: carried.conversation };
  return hydrated.environment.setup === null
    ? startAtOnce(recorded.task, context, work)
    : prepareAndStart(recorded.task, context, { ...work, signals: given.signals });
}

/**
 * Whose text the attempt reads without their having write access: in its prompt, by way of work that nobody judged yet, and
 * in a conversation that is continued.
 */
async function addEarlierOutsiders(
  { earlier, outsiders }: Hydrated,
  { stores }: Pick<OrchestratorContext, 'stores'>,
  { from }: CarriedConversation,
): Promise<readonly string[] | null> {
  const unjudged = earlier?.source.kind === 'quarantined' ? earlier.source : null;
  let all = outsiders;
  for (const attempt of [unjudged, from]) {
    const before = attempt === null ? [] : ((await stores.attempts.find(attempt))?.outsiders ?? null);
    all = all === null || before === null ? null : [...new Set([...before, ...all])];
  }
  return all;
}

/** Nothing is to be set up: the worker starts, and with it the attempt runs. */
async function startAtOnce(task: Task, context: OrchestratorContext, work: AttemptStart): Promise<Task | null> {
  const session = { taskId: task.id, epoch: task.epoch };
  const facts = plannedEnvironment(task, work.hydrated);
  await context.stores.attempts.recordEnvironment({
    fence: fenceOf(task),
    environment: facts,
    prepareTokenSha256: null,
    now: context.clock.now(),
  });
  const started = await startWork(task, context, { ...work, environment: null, facts });
  if (!started.started && started.isOutage === true) {
    return waitForCompute(task, context, started);
  }
  if (!started.started) {
    const detail = `${started.reason}\n${started.remedy}`;
    return endHydrating(task, context, { to: 'FAILED', patch: { failure: failure('WORKER_START_FAILED', detail) } });
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
  work: AttemptStart & { signals: StepSignals },
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
  if (!started.started && started.isOutage === true) {
    return waitForCompute(running, context, started);
  }
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
  work: AttemptStart & { environment: string | null; facts: AttemptEnvironment },
): Promise<StartResult> {
  const { prompt } = work.hydrated;
  const told = { ...prompt, user: `${prompt.user}\n\n${describeEnvironment(work.facts)}` };
  await keepPrompt(task, context, told);
  return context.compute.start({
    session: { taskId: task.id, epoch: task.epoch },
    job: renderJob(task, context, { ...work, prompt: told }),
    environment: work.environment,
    image: task.settings.image ?? null,
    space: work.facts.checkout?.space ?? 'memory',
    limits: context.worker,
  });
}

async function keepPrompt(task: Task, context: OrchestratorContext, prompt: Hydrated['prompt']): Promise<void> {
  const key = artifactKey({ taskId: task.id, epoch: task.epoch }, 'prompt.json');
  await context.artifacts.put(key, Buffer.from(JSON.stringify(prompt, null, 2)));
}
