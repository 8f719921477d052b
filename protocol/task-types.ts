/** The kinds of task this version can run. One record each in `app/task/task-types.ts`. */
export const TASK_TYPES = ['implement'] as const;
export type TaskTypeName = (typeof TASK_TYPES)[number];
