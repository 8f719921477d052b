import { z } from 'zod';
import { TASK_STATES } from '../../protocol/index.ts';

/**
 * What the hidden line of a status comment carries: enough to continue from when the rows are older than the comment.
 */
export const ShownTask = z.object({ state: z.enum(TASK_STATES), spentNano: z.number().int().min(0) });
export type ShownTask = z.infer<typeof ShownTask>;

/**
 * What the hidden line of a pull request carries. `warning` and `reference` are the words that Bosun wrote itself, so
 * that they can be found in a description that a person has edited since; absent in those of before version 0.2.
 */
export const ShownPull = z.object({
  unfinished: z.boolean(),
  warning: z.string().nullable().default(null),
  reference: z.string().nullable().default(null),
});
export type ShownPull = z.infer<typeof ShownPull>;
