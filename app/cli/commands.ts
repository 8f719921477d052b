import type { CliCommand } from './command.ts';

/** Every subcommand, in the order help shows them. Each is loaded when it is run: half of Bosun hangs on some of them. */
const LOADERS: Readonly<Record<string, () => Promise<CliCommand>>> = {
  demo: async () => (await import('./demo/demo-command.ts')).demoCommand,
  run: async () => (await import('./run/run-command.ts')).runCommand,
  setup: async () => (await import('./setup/setup-command.ts')).setupCommand,
  start: async () => (await import('./start-command.ts')).startCommand,
  doctor: async () => (await import('./doctor/doctor-command.ts')).doctorCommand,
  tasks: async () => (await import('./inspect/tasks-command.ts')).tasksCommand,
  budget: async () => (await import('./inspect/budget-command.ts')).budgetCommand,
  cancel: async () => (await import('./control/cancel-command.ts')).cancelCommand,
  retry: async () => (await import('./control/retry-command.ts')).retryCommand,
  pause: async () => (await import('./control/pause-command.ts')).pauseCommand,
  resume: async () => (await import('./control/resume-command.ts')).resumeCommand,
  release: async () => (await import('./control/release-command.ts')).releaseCommand,
  accept: async () => (await import('./control/accept-command.ts')).acceptCommand,
  deliveries: async () => (await import('./inspect/deliveries/deliveries-command.ts')).deliveriesCommand,
  show: async () => (await import('./inspect/show-command.ts')).showCommand,
  backup: async () => (await import('./backup/backup-command.ts')).backupCommand,
  restore: async () => (await import('./backup/restore-command.ts')).restoreCommand,
};

/** The one that `name` names, or all where it names none. */
export async function loadCommands(name: string | undefined): Promise<readonly CliCommand[]> {
  const load = name !== undefined && Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  return load === undefined ? Promise.all(Object.values(LOADERS).map((each) => each())) : [await load()];
}
