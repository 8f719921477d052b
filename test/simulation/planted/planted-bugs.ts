import { ACT_BUGS } from './action-bugs.ts';
import { ROW_BUGS } from './row-bugs.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Each has to be found; that is what makes it worth something when nothing is found. */
export const PLANTED_BUGS: readonly PlantedBug[] = [...ROW_BUGS, ...ACT_BUGS];
