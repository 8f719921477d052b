import { openEngine } from '../../app/compute/docker/open-engine.ts';

/** The container engine that tests use: a socket that nobody minds, with an image that has git. */
export interface TestEngine {
  readonly socketPath: string;
  readonly image: string;
}

/** Null, with a sentence why, where there is none. `.ci/run` starts one. */
export async function findTestEngine(): Promise<{ engine: TestEngine | null; why: string }> {
  const { BOSUN_TEST_DOCKER: socketPath = '', BOSUN_TEST_DOCKER_IMAGE: image = '' } = process.env;
  if (socketPath === '' || image === '') {
    return { engine: null, why: 'skipped: BOSUN_TEST_DOCKER and BOSUN_TEST_DOCKER_IMAGE name no engine and image' };
  }
  try {
    await openEngine(socketPath).getImage(image).inspect();
    return { engine: { socketPath, image }, why: '' };
  } catch (error) {
    return { engine: null, why: `skipped: the engine at ${socketPath} cannot be used: ${(error as Error).message}` };
  }
}
