import { parseArgs } from 'node:util';
import type { CliCommand, FlagValues } from './command.ts';

export type ParsedArguments =
  | { readonly kind: 'version' }
  | { readonly kind: 'usage' }
  | { readonly kind: 'help'; readonly command: CliCommand }
  | { readonly kind: 'mistake'; readonly message: string }
  | {
      readonly kind: 'run';
      readonly command: CliCommand;
      readonly args: readonly string[];
      readonly flags: FlagValues;
    };

/** Reads a command line; `--help` works anywhere, and a mistake says what was found. */
export function parseArguments(argv: readonly string[], commands: readonly CliCommand[]): ParsedArguments {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const wanted = commands.find((command) => command.name === rest[0]);
    return wanted === undefined ? { kind: 'usage' } : { kind: 'help', command: wanted };
  }
  if (name === '--version' || name === '-v') {
    return { kind: 'version' };
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    return {
      kind: 'mistake',
      message: `there is no command "${name}"; there is ${commands.map((known) => known.name).join(', ')}`,
    };
  }
  return rest.includes('--help') || rest.includes('-h') ? { kind: 'help', command } : parseFlags(command, rest);
}

function parseFlags(command: CliCommand, rest: readonly string[]): ParsedArguments {
  const options = Object.fromEntries(Object.entries(command.flags).map(([flag, spec]) => [flag, { type: spec.type }]));
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
    if (positionals.length > command.positional.length) {
      return {
        kind: 'mistake',
        message: `"${command.name}" does not know what to do with "${positionals[command.positional.length]}"`,
      };
    }
    const missing = command.positional[positionals.length];
    if (missing !== undefined && !missing.startsWith('[')) {
      return { kind: 'mistake', message: `"${command.name}" needs ${missing}` };
    }
    return { kind: 'run', command, args: positionals, flags: values };
  } catch (error) {
    return { kind: 'mistake', message: error instanceof Error ? error.message : String(error) };
  }
}
