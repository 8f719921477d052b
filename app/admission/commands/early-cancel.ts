import type { KeyStore } from '../../store/stores.ts';
import type { Incoming } from '../incoming.ts';

/** GitHub delivers in any order, but what belongs together arrives within minutes. */
const REMEMBER_MS = 10 * 60_000;

type Keys = Pick<KeyStore, 'read' | 'write'>;

/** Remembers a `/cancel` that found no task: the command it was meant for may still be on its way. */
export async function rememberCancel({ at, repository, thread }: Incoming, keys: Keys): Promise<void> {
  await keys.write(nameOf(repository.id, thread.number), at.toISOString());
}

/** Whether a `/cancel` that was given after this command arrived before it. */
export async function wasCancelledEarly(incoming: Incoming, options: { keys: Keys; now: Date }): Promise<boolean> {
  const { at, repository, thread } = incoming;
  const cancelled = await options.keys.read(nameOf(repository.id, thread.number));
  if (cancelled === null) {
    return false;
  }
  const cancelledMs = Date.parse(cancelled);
  // The same second counts for the cancel: a person who gives both means to stop.
  return cancelledMs >= at.getTime() && options.now.getTime() - cancelledMs < REMEMBER_MS;
}

function nameOf(repositoryId: number, threadNumber: number): string {
  return `early-cancel/${repositoryId}/${threadNumber}`;
}
