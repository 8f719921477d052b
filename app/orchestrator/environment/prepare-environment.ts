import { createHash } from 'node:crypto';
import { takeStart } from '../../../protocol/index.ts';
import type { SessionFacts } from '../../compute/compute.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import { sparseOf } from '../../config/sparse.ts';
import type { Hydrated } from '../../hydration/hydrate.ts';
import { environmentKey } from '../../task/environment/environment-key.ts';
import type { AttemptEnvironment, Preparation } from '../../task/attempt.ts';
import type { Task } from '../../task/task.ts';
import { fenceOf } from '../../task/fence.ts';
import type { OrchestratorContext, StepSignals } from '../context.ts';
import { waitForCompute } from '../end-hydrating.ts';
import { renderCheckout } from '../render-job.ts';
import { finish, loseAttempt } from '../step-running.ts';
import { describePreparation, reused } from './describe-environment.ts';
import { decideRunning } from '../decide-running.ts';
import { decidePreparing } from './decide-preparing.ts';
import { nothingToDo, plannedEnvironment, setupCommands } from './plan-session.ts';
import { keepEnvironment, takeEnvironment } from './keep-environment.ts';
import { watchSession } from '../watch-session.ts';

/** The environment that the work session starts from, or where the task goes instead. */
export type PreparedEnvironment =
  | { readonly kind: 'ready'; readonly environment: string | null; readonly facts: AttemptEnvironment }
  | { readonly kind: 'ended'; readonly next: Task | null };

interface Preparing {
  readonly task: Task;
  readonly context: OrchestratorContext;
  readonly signals: StepSignals;
  readonly hydrated: Hydrated;
  readonly commands: readonly string[];
}

const SETUP_MS = 15 * 60_000;
const LOOK_AGAIN_MS = 1_000;
const RUNNING: SessionFacts = { kind: 'running' };

/**
 * Sees to it that the environment of a running attempt is there: from what an earlier task installed, or prepared in a
 * session of its own that has neither the issue nor a model. While another attempt prepares the same one, it waits.
 */
export async function prepareEnvironment(
  task: Task,
  context: OrchestratorContext,
  given: { signals: StepSignals; hydrated: Hydrated },
): Promise<PreparedEnvironment> {
  const facts = plannedEnvironment(task, given.hydrated);
  const { setup } = facts;
  if (setup === null) {
    return { kind: 'ready', environment: null, facts };
  }
  const preparing: Preparing = { task, context, ...given, commands: setup.commands };
  const startedAt = context.clock.now();
  const found = await findOrPrepare(preparing, facts);
  if (found.kind === 'ended') {
    return found;
  }
  const idle = nothingToDo(found.prepared, setup.source);
  if (idle !== null) {
    return { kind: 'ended', next: await finish(task, context, { kind: 'nothing_to_do', reason: idle }) };
  }
  const durationMs = context.clock.now().getTime() - startedAt.getTime();
  const prepared = found.prepared ?? reused(setup.commands, durationMs);
  const { environment, key } = found;
  const kept = environment === null ? null : { name: environment, key };
  const after: AttemptEnvironment = { ...facts, prepared, ...(kept && { kept }) };
  const recorded = await context.stores.attempts.recordEnvironment({
    fence: fenceOf(task),
    environment: after,
    prepareTokenSha256: null,
    now: context.clock.now(),
  });
  if (!recorded.current) {
    return { kind: 'ended', next: null };
  }
  await context.stores.tasks.record({
    fence: fenceOf(task),
    now: context.clock.now(),
    patch: {},
    event: { kind: 'task.prepared', data: describePreparation(prepared, setup.source) },
  });
  return prepared.ok || task.settings.environment?.required !== true
    ? { kind: 'ready', environment, facts: after }
    : endForWantOfSetup(task, context, prepared);
}

type Found =
  | {
      readonly kind: 'found';
      readonly environment: string | null;
      readonly key: string | null;
      readonly prepared: Preparation | null;
    }
  | { readonly kind: 'ended'; readonly next: Task | null };

async function findOrPrepare(preparing: Preparing, facts: AttemptEnvironment): Promise<Found> {
  const { context, hydrated, signals, task } = preparing;
  const { environments } = context.compute;
  if (environments.scope === 'attempt') {
    return runSetup(preparing, { facts, key: null });
  }
  const key = environmentKey({
    repositoryId: task.repository.id,
    compute: context.compute.name,
    toolchain: await environments.toolchain(task.settings.image ?? null),
    commands: preparing.commands,
    inputs: [
      ...hydrated.environment.inputs,
      // Steps of the file may look at everything
      ...(task.settings.steps?.before ? [{ path: '(commit)', sha: hydrated.baseSha }] : []),
      ...hydrated.submodules.map(({ path, sha }) => ({ path, sha })),
    ],
    checkout: [...sparseOf(task.settings), ...(hydrated.usesLfs ? ['(lfs)'] : [])],
  });
  const begin = context.clock.now().getTime();
  const { fresh = false, ttlMs = DEFAULTS.environmentTtlMs } = task.settings.environment ?? {};
  while (!signals.signal.aborted) {
    const now = context.clock.now();
    const claim = await context.stores.environments.claim({
      key,
      repositoryId: task.repository.id,
      taskId: task.id,
      epoch: task.epoch,
      madeAfter: new Date(fresh ? begin : now.getTime() - ttlMs),
      now,
    });
    if (claim.kind === 'yours') {
      return runSetup(preparing, { facts, key });
    }
    if (claim.kind === 'kept') {
      const environment = await takeEnvironment(claim.environment, context);
      if (environment !== null) {
        return { kind: 'found', environment, key, prepared: null };
      }
      continue;
    }
    const next = await waitForOther(preparing);
    if (next !== 'wait') {
      return next;
    }
  }
  return { kind: 'ended', next: null };
}

/** Another attempt prepares it. Waiting is progress, and a person's wish or the clock of the task ends it. */
async function waitForOther({ context, signals, task }: Preparing): Promise<Found | 'wait'> {
  const at = { taskId: task.id, epoch: task.epoch };
  const now = context.clock.now();
  const found = await context.stores.attempts.findWithTask({ ...at, now });
  if (found === null || found.task.epoch !== task.epoch || found.task.state !== 'RUNNING') {
    return { kind: 'ended', next: null };
  }
  const note = 'another task is preparing the same environment';
  await context.stores.attempts.progress({ ...at, now, progress: { phase: 'setup', turn: 0, note } });
  const attempt = { ...found.attempt, progressAt: now, heartbeatAt: now };
  const decision = decideRunning(
    { ...found, attempt, session: RUNNING, heartbeatStaleMs: context.times.heartbeatStaleMs },
    now,
  );
  if (decision.do === 'stop') {
    return { kind: 'ended', next: await finish(task, context, { kind: 'stopped', why: decision.why }) };
  }
  await signals.wait(new Date(now.getTime() + LOOK_AGAIN_MS));
  return 'wait';
}

/** Starts the prepare session and waits for its end; what it made is kept when it ended well. */
async function runSetup(
  preparing: Preparing,
  given: { facts: AttemptEnvironment; key: string | null },
): Promise<Found> {
  const { commands, context, hydrated, task } = preparing;
  const session = { taskId: task.id, epoch: task.epoch };
  const token = context.newToken();
  const opened = await context.stores.attempts.recordEnvironment({
    fence: fenceOf(task),
    environment: given.facts,
    prepareTokenSha256: createHash('sha256').update(token).digest('hex'),
    now: context.clock.now(),
  });
  if (!opened.current) {
    return { kind: 'ended', next: null };
  }
  const startedAt = context.clock.now();
  const started = await context.compute.start({
    session,
    job: {
      version: 1,
      kind: 'prepare',
      ...session,
      door: { token },
      git: renderCheckout(task, hydrated, { startBranch: hydrated.baseBranch, startSha: hydrated.baseSha }),
      ...setupCommands(task, commands),
      ...(context.registries.length === 0 ? {} : { packages: { registries: [...context.registries] } }),
      timeoutMs: Math.min(SETUP_MS, Math.max(1_000, Math.floor(task.settings.timeoutMs / 2))),
      heartbeatMs: context.times.heartbeatMs,
    },
    image: task.settings.image ?? null,
    limits: context.worker,
  });
  if (!started.started) {
    await release(preparing, given.key);
    if (started.isOutage === true) {
      return { kind: 'ended', next: await waitForCompute(task, context, started) };
    }
    const why = `the worker could not be started: ${started.reason}. ${started.remedy}`;
    return { kind: 'ended', next: await loseAttempt(task, context, why) };
  }
  await context.onStep?.('preparing', task.id);
  const ended = await waitForSetup(preparing, startedAt);
  if (ended.kind === 'ended') {
    await release(preparing, given.key);
    return ended;
  }
  const { prepared } = ended;
  const environment = prepared.ok ? await keepEnvironment(task, context, given.key) : null;
  if (!prepared.ok) {
    await release(preparing, given.key);
  }
  await context.compute.clean(session);
  return { kind: 'found', environment, key: given.key, prepared };
}

async function release({ context, task }: Preparing, key: string | null): Promise<void> {
  if (key !== null) {
    await context.stores.environments.release({ key, taskId: task.id, epoch: task.epoch });
  }
}

type SetupEnd =
  | { readonly kind: 'prepared'; readonly prepared: Preparation }
  | { readonly kind: 'ended'; readonly next: Task | null };

async function waitForSetup(preparing: Preparing, startedAt: Date): Promise<SetupEnd> {
  const { commands, context, signals, task } = preparing;
  const session = { taskId: task.id, epoch: task.epoch };
  const watched = watchSession(session, { context, signals });
  while (!signals.signal.aborted) {
    const found = await context.stores.attempts.findWithTask({ ...session, now: context.clock.now() });
    if (found === null || found.task.epoch !== task.epoch || found.task.state !== 'RUNNING') {
      return { kind: 'ended', next: null };
    }
    const facts = await watched.facts();
    const { heartbeatStaleMs } = context.times;
    const { toolsFrom } = context.compute.traits;
    const decision = decidePreparing(
      { ...found, session: facts, startedAt, commands, heartbeatStaleMs, toolsFrom },
      context.clock.now(),
    );
    switch (decision.do) {
      case 'wait':
        await signals.wait(decision.until);
        break;
      case 'go_on':
        // Nothing of the session may be left when what it made is taken
        await context.compute.stop(session, { graceMs: context.times.stopGraceMs });
        await watched.ended;
        return { kind: 'prepared', prepared: decision.prepared };
      case 'stop':
        await context.compute.stop(session, { graceMs: context.times.stopGraceMs });
        return { kind: 'ended', next: await finish(task, context, { kind: 'stopped', why: decision.why }) };
      case 'lost':
        if (decision.silent && !(await signals.mayReap())) {
          await signals.wait(new Date(context.clock.now().getTime() + context.times.renewMs));
          break;
        }
        await context.compute.stop(session, { graceMs: 0 });
        return { kind: 'ended', next: await loseAttempt(task, context, decision.why) };
    }
  }
  return { kind: 'ended', next: null };
}

/** The repository's file asks for it: without its environment the task does not continue. */
async function endForWantOfSetup(
  task: Task,
  context: OrchestratorContext,
  prepared: Preparation,
): Promise<PreparedEnvironment> {
  const cause = prepared.cause === null ? '' : `\n${prepared.cause}`;
  const exit = prepared.exitCode === null ? 'was stopped before it finished' : `ended with ${prepared.exitCode}`;
  const reason = takeStart(`\`${prepared.command}\` ${exit}${cause}`, 2_000);
  await context.stores.attempts.finish({
    taskId: task.id,
    epoch: task.epoch,
    now: context.clock.now(),
    result: { ending: 'setup_failed', summary: '', questions: [], turns: 0, reason },
  });
  return { kind: 'ended', next: await finish(task, context, { kind: 'finished' }) };
}
