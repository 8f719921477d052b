import { openEngine } from '../../app/compute/docker/open-engine.ts';

/** Has git, tar and a shell, and no Node. `.ci/container-engine` makes it. */
export const TEST_IMAGE = 'bosun-test:base';

/** The socket of the container engine that tests use, or a sentence why there is none. */
export async function findTestEngine(): Promise<{ socketPath: string | null; why: string }> {
  const socketPath = process.env.BOSUN_TEST_DOCKER ?? '';
  if (socketPath === '') {
    return { socketPath: null, why: 'skipped: BOSUN_TEST_DOCKER names no socket of a container engine' };
  }
  try {
    await openEngine(socketPath).getImage(TEST_IMAGE).inspect();
    return { socketPath, why: '' };
  } catch (error) {
    return { socketPath: null, why: `skipped: the engine at ${socketPath}: ${(error as Error).message}` };
  }
}

/** Settings of a Bosun whose workers run on that engine. */
export function containerSettings(socketPath: string): Record<string, string> {
  return {
    BOSUN_COMPUTE: 'docker',
    DOCKER_HOST: `unix://${socketPath}`,
    BOSUN_CONFIG: new URL('../fixture/containers.yml', import.meta.url).pathname,
  };
}

/** Settings of the workers of a Bosun by the name of their compute, for programs that are told one. */
export async function findWorkers(compute: string): Promise<Readonly<Record<string, string>>> {
  if (compute === 'process') {
    return {};
  }
  const { socketPath, why } = await findTestEngine();
  if (compute !== 'docker' || socketPath === null) {
    throw new Error(compute === 'docker' ? why : `--compute is process or docker, not ${compute}`);
  }
  return containerSettings(socketPath);
}
