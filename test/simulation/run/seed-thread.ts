import { parentPort } from 'node:worker_threads';
import { PLANTED_BUGS } from '../planted/planted-bugs.ts';
import { runSeed } from './run-seed.ts';

/** One order: run this seed, twice when it is to be shown that both runs are the same. */
export interface SeedOrder {
  readonly seed: number;
  readonly hours: number;
  /** Name of a planted bug. */
  readonly bug: string | null;
  readonly times: 1 | 2;
}

const port = parentPort;
port?.on('message', (order: SeedOrder) => {
  void (async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name === order.bug);
    const options = { seed: order.seed, hours: order.hours, ...(bug === undefined ? {} : { plant: bug.plant }) };
    const result = await runSeed(options);
    const again = order.times === 2 ? await runSeed(options) : result;
    port.postMessage(
      again.hash === result.hash
        ? result
        : { ...result, broken: { invariant: 'same run', sentence: `${result.hash} and then ${again.hash}` } },
    );
  })();
});
