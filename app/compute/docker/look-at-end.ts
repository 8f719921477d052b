import type Dockerode from 'dockerode';

export type ContainerState = Dockerode.ContainerInspectInfo['State'];

const LOOK_MS = 15_000;
const ANSWER_MS = 60_000;

/**
 * Waits until the engine says that the container ended, its output has ended, or a while has passed, and looks: resolves with
 * its last state, or with null while it runs. Not the engine's word alone: an answer that breaks off is never reported
 * by the client. Rejects when the engine does not answer.
 */
export async function lookAtEnd(
  container: Dockerode.Container,
  outputEnded: Promise<unknown>,
): Promise<ContainerState | null> {
  const looking = new AbortController();
  const timer = setTimeout(() => looking.abort(), LOOK_MS);
  const waiting = container.wait({ condition: 'not-running', abortSignal: looking.signal }).catch((error: unknown) => {
    if (!looking.signal.aborted) {
      throw error;
    }
  });
  try {
    await Promise.race([waiting, outputEnded]);
  } finally {
    clearTimeout(timer);
    looking.abort();
  }
  const { State } = await container.inspect({ abortSignal: AbortSignal.timeout(ANSWER_MS) });
  return isRunning(State) ? null : State;
}

export function isRunning(state: ContainerState): boolean {
  return state.Running || state.Paused || state.Restarting;
}
