import { createHash } from 'node:crypto';
import { takeEnd } from '../../../protocol/index.ts';
import type { SessionFacts } from '../../compute/compute.ts';
import { checkBranch } from '../../git/attempt/attempt.ts';
import type { CheckSession } from '../../task/attempt.ts';
import { checkEnded } from '../../task/checks/check-ended.ts';
import type { CheckRow } from '../../task/checks/decide-checks.ts';
import { missingRun } from '../../task/checks/read-report.ts';
import { fenceOf } from '../../task/fence.ts';
import type { Checking, WorkChecked } from './checking.ts';
import { decideChecking, type CheckingDecision } from './decide-checking.ts';
import { watchSession } from '../watch-session.ts';

interface Planned {
  readonly session: CheckSession;
  readonly environment: string | null;
}

const OUTAGE_PAUSE_MS = 15_000;

/** Runs one check session to its end; null when what it found is recorded, else where the task goes instead. */
export async function runCheckSession(checking: Checking, planned: Planned): Promise<WorkChecked | null> {
  const { context, task } = checking;
  const ref = { taskId: task.id, epoch: task.epoch };
  const token = context.newToken();
  const opened = await context.stores.checks.open({
    fence: fenceOf(task),
    session: planned.session,
    tokenSha256: createHash('sha256').update(token).digest('hex'),
    now: context.clock.now(),
  });
  if (!opened.current) {
    return { kind: 'left' };
  }
  await context.git.pin(ref, planned.session.commit);
  const startedAt = context.clock.now();
  const started = await start(checking, { ...planned, token });
  if (!started.started && started.isOutage === true) {
    return pauseForCompute(checking);
  }
  if (!started.started) {
    const note = `the session could not be started: ${started.reason}. ${started.remedy}`;
    await recordMissing(checking, planned.session, { cause: 'not_run', note, lacks: 'everything' });
    return null;
  }
  await context.onStep?.('checking', task.id);
  const ended = await waitForEnd(checking, startedAt);
  if (ended.do === 'leave') {
    return ended.as;
  }
  await context.compute.stop(ref, { graceMs: context.times.stopGraceMs });
  await context.compute.clean(ref);
  await recordMissing(checking, planned.session, ended);
  return null;
}

function start(
  { asked, attempt, context, task }: Checking,
  { environment, session, token }: Planned & { token: string },
): ReturnType<typeof context.compute.start> {
  const ref = { taskId: task.id, epoch: task.epoch };
  const { checkout } = attempt.environment ?? {};
  const left = attempt.startedAt.getTime() + task.settings.timeoutMs - context.clock.now().getTime();
  return context.compute.start({
    session: ref,
    job: {
      version: 1,
      kind: 'check',
      ...ref,
      door: { token },
      git: {
        ...checkout?.git,
        startBranch: checkBranch(ref),
        startSha: session.commit,
        workBranch: task.branch,
        authorName: 'Bosun worker',
        authorEmail: 'worker@bosun.invalid',
      },
      checks: asked.steps
        .filter(({ name }) => session.names.includes(name))
        .map(({ name, report, run, timeoutMs }) => ({ name, run, timeoutMs, ...(report !== null && { report }) })),
      timeoutMs: Math.max(1_000, left),
      heartbeatMs: context.times.heartbeatMs,
    },
    environment,
    image: task.settings.image ?? null,
    space: checkout?.space ?? 'memory',
    limits: context.worker,
  });
}

/** Nothing runs workers for now: it is tried again, as long as nobody and no clock ends the attempt. */
async function pauseForCompute(checking: Checking): Promise<WorkChecked | null> {
  const { context, signals } = checking;
  await signals.wait(new Date(context.clock.now().getTime() + OUTAGE_PAUSE_MS));
  const decision = await look(checking, { startedAt: context.clock.now(), facts: { kind: 'running' } });
  if (decision === null) {
    return { kind: 'left' };
  }
  return decision.do === 'stop' ? { kind: 'stopped', why: decision.why } : null;
}

type Ended = Extract<CheckingDecision, { do: 'go_on' }> | { readonly do: 'leave'; readonly as: WorkChecked };

async function waitForEnd(checking: Checking, startedAt: Date): Promise<Ended> {
  const { context, signals, task } = checking;
  const session = { taskId: task.id, epoch: task.epoch };
  const watched = watchSession(session, { context, signals });
  while (!signals.signal.aborted) {
    const facts = await watched.facts();
    const decision = await look(checking, { startedAt, facts });
    if (decision === null) {
      break;
    }
    switch (decision.do) {
      case 'wait':
        await signals.wait(decision.until);
        break;
      case 'stop':
        await context.compute.stop(session, { graceMs: context.times.stopGraceMs });
        return { do: 'leave', as: { kind: 'stopped', why: decision.why } };
      case 'go_on':
        if (!decision.silent || (await signals.mayReap())) {
          return decision;
        }
        await signals.wait(new Date(context.clock.now().getTime() + context.times.renewMs));
    }
  }
  return { do: 'leave', as: { kind: 'left' } };
}

/** What is to be done now; null when the task is somebody else's by now. */
async function look(
  { context, task }: Checking,
  given: { startedAt: Date; facts: SessionFacts },
): Promise<CheckingDecision | null> {
  const now = context.clock.now();
  const found = await context.stores.attempts.findWithTask({ taskId: task.id, epoch: task.epoch, now });
  if (found === null || found.task.epoch !== task.epoch || found.task.state !== 'RUNNING') {
    return null;
  }
  const { heartbeatStaleMs } = context.times;
  return decideChecking({ ...found, session: given.facts, startedAt: given.startedAt, heartbeatStaleMs }, now);
}

/** What a session did not report: the check it was at, or all of them where none could be run. */
async function recordMissing(
  { asked, context, task }: Checking,
  session: CheckSession,
  told: Pick<Extract<CheckingDecision, { do: 'go_on' }>, 'cause' | 'note' | 'lacks'>,
): Promise<void> {
  const rows = await context.stores.checks.list({ taskId: task.id, epoch: task.epoch });
  const isThere = (name: string): boolean =>
    rows.some((row) => row.name === name && row.try === session.try && row.run.commit === session.commit);
  const missing = asked.steps.map(({ name }) => name).filter((name) => session.names.includes(name) && !isThere(name));
  const run = missingRun(session.commit, { cause: told.cause, outputTail: takeEnd(told.note, 8_192) });
  const added = (told.lacks === 'one' ? missing.slice(0, 1) : missing).map((name): CheckRow => ({
    name,
    at: session.at,
    try: session.try,
    run,
  }));
  if (added.length > 0) {
    const events = added.map(checkEnded);
    await context.stores.checks.record({ fence: fenceOf(task), now: context.clock.now(), rows: added, events });
  }
}
