export * from './commands.ts';
export * from './door.ts';
export * from './job.ts';
export * from './packages.ts';
export * from './states.ts';
export * from './steps.ts';
export * from './task-types.ts';
export * from './text.ts';
