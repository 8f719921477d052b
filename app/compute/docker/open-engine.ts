import Dockerode from 'dockerode';

/** The engine behind a Unix socket. Nothing is asked yet. */
export function openEngine(socketPath: string): Dockerode {
  return new Dockerode({ socketPath });
}
