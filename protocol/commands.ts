/** What people may say. Meaning, flags and permission of each: `app/command/commands.ts`. */
export const COMMAND_NAMES = [
  'implement',
  'status',
  'help',
  'cancel',
  'retry',
  'pause',
  'resume',
  'budget',
  'release',
  'accept',
  'plan',
  'approve',
  'reject',
  'fix',
  'review',
  'lesson',
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];
