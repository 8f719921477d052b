import type { AttemptEnvironment, Preparation } from '../../task/attempt.ts';
import type { EventData } from '../../task/events.ts';
import { fenceData } from '../../text/fence.ts';

/** The description of the environment in the agent's prompt. Output of commands is data. */
export function describeEnvironment(environment: AttemptEnvironment): string {
  const { checks = [], prepared, setup, verify } = environment;
  const lines = ['# Environment', ''];
  if (setup === null) {
    lines.push('Nothing was installed before you started.');
  } else if (prepared?.ok === true) {
    lines.push(`The dependencies are installed: ${setup.commands.map((command) => `\`${command}\``).join(', ')}.`);
  } else if (prepared !== null) {
    lines.push(
      `The set-up failed at \`${prepared.command}\`${prepared.exitCode === null ? '' : ` with exit code ${prepared.exitCode}`}, so that dependencies may be missing. ` +
        'Do the work without them, and say in your summary what you could not run.',
    );
    if (prepared.cause !== null) {
      lines.push(`Likely cause: ${prepared.cause}`);
    }
    lines.push('', fenceData(prepared.output, { label: 'output of the set-up', authorId: null, authorLogin: null }));
  }
  lines.push(...(environment.missing ?? []));
  lines.push('There is no network here, so nothing else can be installed.');
  if (checks.length > 0) {
    const how = verify?.source === 'detected' ? 'will be tested with' : 'is tested with';
    lines.push(`When you are done, the work ${how} ${checks.map(({ run }) => `\`${run}\``).join(', ')}.`);
  }
  return lines.join('\n');
}

/** Without the output: what a command printed is in its log. */
export function describePreparation(prepared: Preparation, source: string): EventData<'task.prepared'> {
  const { output: _output, ...facts } = prepared;
  return { ...facts, source };
}

/** The same of an environment that an earlier task prepared. */
export function reused(commands: readonly string[], durationMs: number): Preparation {
  const command = commands.at(-1) ?? '';
  return { ok: true, fromSnapshot: true, durationMs, command, exitCode: 0, output: '', cause: null };
}
