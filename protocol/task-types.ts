/** The kinds of task this version can run. One record each in `app/task/`. */
export const TASK_TYPES = ['implement', 'fix', 'review', 'prompt', 'command'] as const;
export type TaskTypeName = (typeof TASK_TYPES)[number];
