import { runProcess } from './run-process.ts';
import type { ProcessEnding, ProcessRun } from './run-process.ts';

export interface ShellRun extends Omit<ProcessRun, 'argv' | 'input'> {
  readonly command: string;
}

/** Runs a shell command without an input. */
export function runShell({ command, ...run }: ShellRun): Promise<ProcessEnding> {
  return runProcess({ ...run, argv: ['/bin/sh', '-c', command] });
}
