import type { KeptEnvironment } from '../../store/environments.ts';
import type { Task } from '../../task/task.ts';
import type { OrchestratorContext } from '../context.ts';
import {
  archiveEnvironment,
  archivePrefix,
  EnvironmentDamaged,
  nameOnMachine,
  restoreEnvironment,
} from './archive-environment.ts';

/**
 * Keeps what the prepare session of a task left behind, on this machine for the task itself and, with a key, as an archive
 * for later ones. Resolves with its name on this machine. An archive that cannot be made costs later tasks time, and
 * this one nothing.
 */
export async function keepEnvironment(
  task: Task,
  context: OrchestratorContext,
  key: string | null,
): Promise<string | null> {
  const session = { taskId: task.id, epoch: task.epoch };
  const { environments } = context.compute;
  const made = { key: key ?? `${task.id}-${task.epoch}`, madeAt: context.clock.now() };
  const name = nameOnMachine(made);
  try {
    await environments.keep(session, name);
  } catch (error) {
    context.log.error('The prepared environment could not be saved', { err: error, ...session });
    if (key !== null) {
      await context.stores.environments.release({ key, ...session });
    }
    return null;
  }
  if (key === null) {
    await environments.prune(context.cacheBytes);
    return name;
  }
  try {
    const kept = await archiveEnvironment(made, {
      environments,
      artifacts: context.artifacts,
      maxBytes: context.worker.diskBytes,
    });
    await context.stores.environments.keep({ environment: kept, ...session, now: context.clock.now() });
    await limitArchives(context);
  } catch (error) {
    context.log.error('An environment could not be archived; later tasks prepare it again', { err: error, ...session });
    await context.stores.environments.release({ key, ...session });
  }
  await environments.prune(context.cacheBytes);
  return name;
}

/** Unpacks a kept environment unless this machine has it; null when it is damaged, and forgotten for that. */
export async function takeEnvironment(kept: KeptEnvironment, context: OrchestratorContext): Promise<string | null> {
  const { environments } = context.compute;
  const name = nameOnMachine(kept);
  if (await environments.has(name)) {
    return name;
  }
  try {
    await restoreEnvironment(kept, {
      environments,
      artifacts: context.artifacts,
      maxBytes: context.worker.diskBytes,
    });
  } catch (error) {
    if (!(error instanceof EnvironmentDamaged)) {
      throw error;
    }
    context.log.warn('A saved environment is damaged; it is prepared again', { err: error, key: kept.key });
    await context.stores.environments.forget(kept.key);
    return null;
  }
  await environments.prune(context.cacheBytes);
  return name;
}

/** Removes the archives that were not used for the longest time until the rest fits. */
async function limitArchives(context: OrchestratorContext): Promise<void> {
  const kept = await context.stores.environments.list();
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const environment of kept) {
    if (total <= context.cacheBytes) {
      return;
    }
    await context.stores.environments.forget(environment.key);
    await context.artifacts.remove(archivePrefix(environment));
    total -= environment.bytes;
  }
}
