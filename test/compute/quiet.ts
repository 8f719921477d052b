import type { ComputeLog } from '../../app/compute/session/launch.ts';

/** A log that nobody reads. */
export const QUIET: ComputeLog = { info: () => undefined, warn: () => undefined };
