import type { Publication } from './task.ts';

/** The publication of a task that has pushed nothing. */
export const UNPUBLISHED: Publication = {
  headSha: null,
  epoch: null,
  intendedSha: null,
  pullNumber: null,
  pullUrl: null,
};
