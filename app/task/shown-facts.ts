import { z } from 'zod';
import { TASK_STATES } from '../../protocol/index.ts';

/** What the hidden line of a status comment carries: enough to go on from when the rows are older than the comment. */
export const ShownTask = z.object({ state: z.enum(TASK_STATES), spentNano: z.number().int().min(0) });
export type ShownTask = z.infer<typeof ShownTask>;

/** What the hidden line of a pull request carries. */
export const ShownPull = z.object({ unfinished: z.boolean() });
export type ShownPull = z.infer<typeof ShownPull>;
