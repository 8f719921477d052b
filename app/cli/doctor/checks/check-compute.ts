import { listIsolation, renderIsolation } from '../../../compute/sandbox/list-isolation.ts';
import { checkEngine } from '../../../compute/docker/check-engine.ts';
import { openEngine } from '../../../compute/docker/open-engine.ts';
import { checkSandbox } from '../../../compute/sandbox/check-sandbox.ts';
import { findToolPathProblems } from '../../../compute/sandbox/check-tool-paths.ts';
import { imageNamed } from '../../../config/images-section.ts';
import type { ServerConfig } from '../../../config/server-config.ts';
import { tryImage } from './check-image.ts';
import { fail, ok, skip, warn, type Check, type Examined } from '../check.ts';

const NAME = 'sandbox';
const CONTAINERS = 'containers';
const CLUSTER = 'cluster';
const PATHS = 'worker paths';

/** Makes a real sandbox where workers get one. */
export async function checkCompute(examined: Examined): Promise<Check | readonly Check[]> {
  const { broken, config } = examined;
  if (broken.includes('BOSUN_COMPUTE')) {
    return skip(NAME, 'not tried: BOSUN_COMPUTE is wrong');
  }
  switch (config.compute) {
    case 'sandbox': {
      const made = await checkSandbox();
      return made.ok
        ? ok(NAME, `bubblewrap ${made.version} works; ${renderIsolation(listIsolation())}`)
        : fail(NAME, made.reason, made.remedy);
    }
    case 'docker':
      return [await checkContainers(config.containers), await tryImage(examined, 'default')];
    case 'kubernetes':
      return checkKubernetes(config);
    case 'process':
      // The warning is among the settings.
      return skip(NAME, 'not used: BOSUN_COMPUTE=process');
  }
}

/** Asks the cluster whether it answers, and what Bosun may do there. */
async function checkKubernetes({ kubernetes }: ServerConfig): Promise<Check> {
  const [{ openCluster }, { checkCluster }] = await Promise.all([
    import('../../../compute/kubernetes/open-cluster.ts'),
    import('../../../compute/kubernetes/check-cluster.ts'),
  ]);
  const cluster = openCluster(kubernetes.namespace);
  const check = await checkCluster(cluster);
  if (!check.ok) {
    return fail(CLUSTER, check.reason, check.remedy);
  }
  const found = `Kubernetes ${check.version} answers at ${cluster.server}; workers run in ${cluster.namespace}`;
  return check.warnings.length === 0
    ? ok(CLUSTER, found)
    : warn(
        CLUSTER,
        `${found}, but ${check.warnings.join('; ')}`,
        'Workers can connect to more than the door until then.',
      );
}

/** Tries in a sandbox whether workers may enter the directories of `BOSUN_WORKER_PATHS`. */
export async function checkWorkerPaths({ config }: Examined): Promise<Check[]> {
  const { workerPaths } = config;
  if (workerPaths.length === 0 || config.compute !== 'sandbox') {
    return [];
  }
  const problems = await findToolPathProblems(workerPaths);
  return problems.length === 0
    ? [ok(PATHS, `workers may use ${workerPaths.join(', ')}`)]
    : problems.map(({ reason, remedy }) => fail(PATHS, reason, remedy));
}

/** Asks the engine whether it answers and which limits it keeps. */
async function checkContainers(containers: ServerConfig['containers']): Promise<Check> {
  const engine = openEngine(containers.socketPath);
  const image = imageNamed(containers.images, null) ?? '';
  const given = { socketPath: containers.socketPath, image, runtime: containers.runtime };
  const check = await checkEngine(engine, given);
  if (!check.ok) {
    return fail(CONTAINERS, check.reason, check.remedy);
  }
  const weak = check.warnings.join('; ');
  const found = `${check.version} answers at ${containers.socketPath}`;
  return weak === ''
    ? ok(CONTAINERS, found)
    : warn(CONTAINERS, `${found}, but ${weak}`, 'Use an engine with control groups and seccomp.');
}
