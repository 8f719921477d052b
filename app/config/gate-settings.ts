import { bytes, wholeNumber } from './read/readers.ts';
import { setting } from './setting.ts';

/** How much the publisher's gate lets out at once. */
export interface GateLimits {
  readonly maxCommits: number;
  readonly maxFiles: number;
  readonly maxPatchBytes: number;
  readonly maxBinaryBytes: number;
}

const KIB = 1024;
const MIB = 1024 ** 2;

export const GATE_SETTINGS = {
  BOSUN_GATE_COMMITS: setting('BOSUN_GATE_COMMITS', wholeNumber({ min: 1, max: 1_000 }), {
    group: 'Limits',
    description: 'Commits of one piece of work; more are not published.',
    fallback: '50',
    example: '20',
  }),
  BOSUN_GATE_FILES: setting('BOSUN_GATE_FILES', wholeNumber({ min: 1, max: 5_000 }), {
    group: 'Limits',
    description: 'Files one change may touch.',
    fallback: '100',
    example: '300',
  }),
  BOSUN_GATE_PATCH: setting('BOSUN_GATE_PATCH', bytes({ min: 16 * KIB, max: 32 * MIB, shown: 'from `16k` to `32m`' }), {
    group: 'Limits',
    description: 'Size of the patch of one change.',
    fallback: '4m',
    example: '8m',
  }),
  BOSUN_GATE_BINARY: setting('BOSUN_GATE_BINARY', bytes({ min: 1, max: 16 * MIB, shown: 'up to `16m`' }), {
    group: 'Limits',
    description: 'Size of one binary file in a change.',
    fallback: '512k',
    example: '2m',
  }),
} as const;
