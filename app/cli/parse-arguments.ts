import { parseArgs } from 'node:util';
import { closestWord } from '../config/closest-word.ts';
import type { CliCommand, FlagValues } from './command.ts';

export type ParsedArguments =
  | { readonly kind: 'version' }
  | { readonly kind: 'usage' }
  | { readonly kind: 'help'; readonly command: CliCommand }
  | { readonly kind: 'mistake'; readonly message: string; readonly remedy: string }
  | {
      readonly kind: 'run';
      readonly command: CliCommand;
      readonly args: readonly string[];
      readonly flags: FlagValues;
    };

/** Reads a command line; `--help` works anywhere, and a mistake says what was found and what was likely meant. */
export function parseArguments(argv: readonly string[], commands: readonly CliCommand[]): ParsedArguments {
  const [name, ...rest] = argv;
  if (name === '--version' || name === '-v') {
    return { kind: 'version' };
  }
  const asksHelp = name === 'help' || name === '--help' || name === '-h';
  const wanted = asksHelp ? rest[0] : name;
  if (wanted === undefined) {
    return { kind: 'usage' };
  }
  const command = commands.find((candidate) => candidate.name === wanted);
  if (command === undefined) {
    return unknownCommand(wanted, commands);
  }
  return asksHelp || rest.includes('--help') || rest.includes('-h')
    ? { kind: 'help', command }
    : parseFlags(command, rest);
}

function unknownCommand(word: string, commands: readonly CliCommand[]): ParsedArguments {
  const names = commands.map((command) => command.name);
  const near = closestWord(word, names);
  return {
    kind: 'mistake',
    message: `there is no command "${word}"; there is ${names.join(', ')}`,
    remedy: near === null ? 'Run `bosun --help` to see what each does.' : `Did you mean \`bosun ${near}\`?`,
  };
}

function parseFlags(command: CliCommand, rest: readonly string[]): ParsedArguments {
  const options = Object.fromEntries(Object.entries(command.flags).map(([flag, spec]) => [flag, { type: spec.type }]));
  const { values, positionals, tokens } = parseArgs({
    args: [...rest],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    const wrong = token.kind === 'option' ? checkFlag(command, token) : null;
    if (wrong !== null) {
      return mistake(command, wrong);
    }
  }
  const surplus = positionals[command.positional.length];
  if (surplus !== undefined) {
    return mistake(command, `"bosun ${command.name}" does not know what to do with "${surplus}"`);
  }
  const missing = command.positional[positionals.length];
  if (missing !== undefined && !missing.startsWith('[')) {
    return mistake(command, `"bosun ${command.name}" needs ${missing}`);
  }
  return { kind: 'run', command, args: positionals, flags: values };
}

function checkFlag(
  command: CliCommand,
  token: { name: string; rawName: string; value?: string | undefined },
): string | null {
  const spec = Object.hasOwn(command.flags, token.name) ? command.flags[token.name] : undefined;
  if (spec === undefined) {
    const names = Object.keys(command.flags);
    const near = closestWord(token.name, names);
    const known = names.length === 0 ? 'it takes none' : `it takes ${names.map((name) => `--${name}`).join(', ')}`;
    return `"bosun ${command.name}" has no option ${token.rawName}; ${near === null ? known : `did you mean --${near}?`}`;
  }
  if (spec.type === 'string' && (token.value === undefined || token.value.startsWith('--'))) {
    return `--${token.name} needs ${spec.value ?? 'a value'}`;
  }
  return spec.type === 'boolean' && token.value !== undefined
    ? `--${token.name} takes no value, found "${token.value}"`
    : null;
}

function mistake(command: CliCommand, message: string): ParsedArguments {
  return { kind: 'mistake', message, remedy: `Run \`bosun ${command.name} --help\` to see its arguments.` };
}
