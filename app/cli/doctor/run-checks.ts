import type { Environment } from '../../config/server-config.ts';
import { fail, skip, type Check } from './check.ts';
import { examineApp } from './checks/examine-app.ts';
import { checkAgent } from './checks/check-agent.ts';
import { checkArtifacts } from './checks/check-artifacts.ts';
import { checkCompute, checkWorkerPaths } from './checks/check-compute.ts';
import { checkDatabase } from './checks/check-database.ts';
import { checkDataDirectory } from './checks/check-data-directory.ts';
import { tryImage } from './checks/check-image.ts';
import { showLimits } from './checks/check-limits.ts';
import { checkModelKey, checkPrice } from './checks/check-model.ts';
import { checkProviders } from './checks/check-providers.ts';
import { checkGitHubServer, checkPort } from './checks/check-network.ts';
import { checkGit, checkNode } from './checks/check-programs.ts';
import { checkQueue } from './checks/check-queue.ts';
import { examineSettings } from './examine-settings.ts';

export interface CheckRun {
  readonly name: string;
  readonly result: Promise<readonly Check[]>;
}

type Work = [string, () => Check | readonly Check[] | Promise<Check | readonly Check[]>];

/** Generous: the first start of the embedded database sets it up. */
const LONGEST_MS = 90_000;
/** An agent that waits for an answer is ended by the time limit of its task. */
const LONGEST_TRIAL_MS = 8 * 60_000;

/** Starts every check at once and gives them in the order in which they are shown. None of the results rejects. */
export function startChecks(request: {
  env: Environment;
  version: string;
  onProgress: (sentence: string) => void;
  /** A coding agent to try as well. */
  agent?: string;
  /** An image to look into as well: a name of the operator's, or one that the engine knows. */
  image?: string;
}): CheckRun[] {
  const { env, version, onProgress, agent, image } = request;
  const { checks, examined } = examineSettings(env);
  const dataDirectory = checkDataDirectory(examined);
  const lookAtImage: Work[] = image === undefined ? [] : [['image', () => tryImage(examined, image)]];
  const tryAgent: Work[] = agent === undefined ? [] : [['agent', () => checkAgent(examined, agent, env)]];
  const work: readonly Work[] = [
    ['node', () => checkNode()],
    ['git', () => checkGit()],
    ['settings', () => checks],
    ['data directory', () => dataDirectory],
    ['artifacts', () => checkArtifacts(examined)],
    [
      'database',
      () =>
        // Setting up a database where nothing can be written takes a minute to fail.
        examined.config.storage.databaseUrl === null && dataDirectory.state === 'fail'
          ? skip('database', 'not tried: the data directory cannot be used')
          : checkDatabase(examined, { onProgress }),
    ],
    ['queue', () => checkQueue(examined)],
    ['port', () => checkPort(examined)],
    ['GitHub server', () => checkGitHubServer(examined)],
    ['GitHub App', () => examineApp(examined, { userAgent: `bosun/${version}` })],
    ['model key', () => checkModelKey(examined)],
    ['price', () => checkPrice(examined)],
    ['providers', () => checkProviders(examined)],
    ['sandbox', () => checkCompute(examined)],
    ['worker paths', () => checkWorkerPaths(examined)],
    ['limits', () => showLimits(examined)],
    ...tryAgent,
    ...lookAtImage,
  ];
  return work.map(([name, look]) => ({
    name,
    result: settle(name, look, name === 'agent' ? LONGEST_TRIAL_MS : LONGEST_MS),
  }));
}

/** What has to be there before a worker can try anything. */
export function startWorkerChecks(env: Environment): CheckRun[] {
  const { examined } = examineSettings(env);
  const work: readonly Work[] = [
    ['node', () => checkNode()],
    ['git', () => checkGit()],
    ['sandbox', () => checkCompute(examined)],
    ['worker paths', () => checkWorkerPaths(examined)],
  ];
  return work.map(([name, look]) => ({ name, result: settle(name, look) }));
}

async function settle(
  name: string,
  look: () => Check | readonly Check[] | Promise<Check | readonly Check[]>,
  longestMs: number = LONGEST_MS,
): Promise<readonly Check[]> {
  const tooLong = new AbortController();
  try {
    const found = await Promise.race([look(), giveUp(name, { signal: tooLong.signal, longestMs })]);
    return 'name' in found ? [found] : found;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [fail(name, message, 'This check itself failed; please report it with `bosun doctor --json`.')];
  } finally {
    tooLong.abort();
  }
}

function giveUp(name: string, { longestMs, signal }: { longestMs: number; signal: AbortSignal }): Promise<Check> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () =>
        resolve(
          fail(
            name,
            `no answer within ${longestMs / 1_000} s`,
            'Check the service that it connects to, then try again.',
          ),
        ),
      longestMs,
    );
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
