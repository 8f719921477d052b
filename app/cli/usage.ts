import type { CliCommand } from './command.ts';

export function renderUsage(commands: readonly CliCommand[]): string {
  const width = Math.max(...commands.map((command) => synopsis(command).length));
  const lines = commands.map((command) => `  ${synopsis(command).padEnd(width)}  ${command.summary}`);
  return [
    'Bosun turns an issue into a reviewed-size pull request, inside a budget, on your own infrastructure.',
    '',
    'Usage: bosun [--env-file PATH] COMMAND [options]',
    '',
    ...lines,
    '',
    'Run `bosun COMMAND --help` for its options. Settings come from the environment and the file of --env-file: see docs/configuration.md.',
    'New here? `bosun demo` runs everything on this machine, without an account or key.',
    '',
  ].join('\n');
}

export function renderCommandHelp(command: CliCommand): string {
  const flags = Object.entries(command.flags).map(([name, spec]) => ({
    left: spec.type === 'string' ? `--${name} ${spec.value ?? 'VALUE'}` : `--${name}`,
    right: spec.description,
  }));
  const width = Math.max(0, ...flags.map((flag) => flag.left.length));
  const examples = command.examples.map((example) => `  ${example}`);
  return [
    `${command.summary}.`,
    '',
    `Usage: bosun ${synopsis(command)}${flags.length > 0 ? ' [options]' : ''}`,
    ...(flags.length > 0 ? ['', ...flags.map((flag) => `  ${flag.left.padEnd(width)}  ${flag.right}`)] : []),
    ...(examples.length > 0 ? ['', 'Examples:', ...examples] : []),
    '',
  ].join('\n');
}

function synopsis(command: CliCommand): string {
  return [command.name, ...command.positional].join(' ');
}
