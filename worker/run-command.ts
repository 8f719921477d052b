import { takeEnd, takeStart } from '../protocol/index.ts';
import type { CommandRun } from '../protocol/index.ts';
import { runShell } from './process/run-shell.ts';
import type { ShellRun } from './process/run-shell.ts';

/** Runs a command of the repository and accounts for it; `redact` takes secrets out of what is told. */
export async function runCommand(run: ShellRun, redact: (text: string) => string): Promise<CommandRun> {
  const ended = await runShell(run);
  const why = ended.ending === 'timeout' ? `\n[stopped after ${Math.round(ended.durationMs / 1_000)} seconds]` : '';
  return {
    command: takeStart(run.command, 2_000),
    exitCode: ended.exitCode,
    durationMs: ended.durationMs,
    outputTail: takeEnd(redact(ended.outputTail), 8_192) + why,
    ...(ended.ending === 'timeout' ? { timedOut: true } : {}),
  };
}
