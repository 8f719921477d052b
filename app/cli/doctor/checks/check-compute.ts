import { listWalls, renderWalls } from '../../../compute/sandbox/list-walls.ts';
import { checkSandbox } from '../../../compute/sandbox/check-sandbox.ts';
import { fail, ok, skip, type Check, type Examined } from '../check.ts';

const NAME = 'sandbox';

/** Makes a real sandbox where workers get one. */
export async function checkCompute({ config, broken }: Examined): Promise<Check> {
  if (broken.includes('BOSUN_COMPUTE')) {
    return skip(NAME, 'not tried: BOSUN_COMPUTE is wrong');
  }
  switch (config.compute) {
    case 'sandbox': {
      const made = await checkSandbox();
      return made.ok
        ? ok(NAME, `bubblewrap ${made.version} works; ${renderWalls(listWalls())}`)
        : fail(NAME, made.reason, made.remedy);
    }
    case 'process':
      // The warning is among the settings.
      return skip(NAME, 'not used: BOSUN_COMPUTE=process');
  }
}
