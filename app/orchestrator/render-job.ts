import { z } from 'zod';
import type { Job } from '../../protocol/index.ts';
import { DEFAULTS } from '../config/defaults.ts';
import { sparseOf } from '../config/sparse.ts';
import { submoduleRef } from '../git/attempt/attempt.ts';
import type { Hydrated } from '../hydration/hydrate.ts';
import { renderGaps } from '../hydration/render-gaps.ts';
import { TASK_TYPE_RECORDS } from '../task/task-types.ts';
import type { AttemptEnvironment } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { routeOf } from '../task/tiers/route.ts';
import type { OrchestratorContext } from './context.ts';

/** What an attempt starts from. */
export interface AttemptStart {
  readonly hydrated: Hydrated;
  readonly startSha: string;
  readonly token: string;
  readonly conversation: Job['conversation'];
}

/** What a session checks out. */
export function renderCheckout(
  task: Pick<Task, 'branch' | 'settings'>,
  { submodules, usesLfs }: Pick<Hydrated, 'submodules' | 'usesLfs'>,
  start: Pick<Job['git'], 'startBranch' | 'startSha'>,
): Job['git'] {
  const sparse = sparseOf(task.settings);
  return {
    ...start,
    workBranch: task.branch,
    authorName: 'Bosun worker',
    authorEmail: 'worker@bosun.invalid',
    depth: task.settings.checkout?.depth ?? DEFAULTS.checkoutDepth,
    ...(sparse.length > 0 && { sparse: [...sparse] }),
    ...(usesLfs && { lfs: true }),
    ...(submodules.length > 0 && {
      submodules: submodules.map(({ path, sha }, index) => ({ path, sha, ref: submoduleRef(index) })),
    }),
  };
}

/** Sent back by the checks alone, an agent that remembers the rest is told nothing but what they found. */
function continuationOf(task: Task): Pick<Job, 'continuation'> {
  const gaps = task.verdict?.verdict.kind === 'GAPS_FOUND' ? renderGaps(task) : null;
  return gaps === null ? {} : { continuation: gaps };
}

/** The job of a work session, without what only compute knows. */
export function renderJob(
  task: Task,
  context: OrchestratorContext,
  facts: AttemptStart & { prompt: Hydrated['prompt']; facts: AttemptEnvironment },
): Omit<Job, 'workDir' | 'door'> & { door: { token: string } } {
  const { settings } = task;
  const route = routeOf(task);
  const { output } = TASK_TYPE_RECORDS[task.type];
  const verify = (facts.facts.checks ?? []).map(({ run }) => run);
  return {
    version: 1,
    kind: 'work',
    taskId: task.id,
    epoch: task.epoch,
    door: { token: facts.token },
    git: renderCheckout(task, facts.hydrated, {
      startBranch: facts.hydrated.earlier !== null ? task.branch : facts.hydrated.baseBranch,
      startSha: facts.startSha,
    }),
    agent: settings.agent,
    model: route.model,
    ...(route.effort === null ? {} : { effort: route.effort }),
    ...(facts.conversation === undefined ? {} : { conversation: facts.conversation }),
    ...continuationOf(task),
    maxTurns: settings.maxTurns,
    prompt: facts.prompt,
    ...(verify.length === 0 ? {} : { verify: verify.join(' && ') }),
    ...(output === null ? {} : { outputSchema: z.toJSONSchema(output) }),
    ...(settings.path === null ? {} : { path: settings.path }),
    timeoutMs: settings.timeoutMs,
    heartbeatMs: context.times.heartbeatMs,
  };
}
