import type { CliCommand } from './command.ts';
import { demoCommand } from './demo/demo-command.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import { showCommand } from './inspect/show-command.ts';
import { startCommand } from './start-command.ts';
import { tasksCommand } from './inspect/tasks-command.ts';

/** Every subcommand, in the order help shows them. */
export const COMMANDS: readonly CliCommand[] = [demoCommand, startCommand, doctorCommand, tasksCommand, showCommand];
