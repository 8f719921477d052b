import { FLAGS } from './flags.ts';
import type { CommandFlags, FlagSpec } from './flags.ts';
import type { CommandName } from '../../protocol/index.ts';

/** A command as a person would write it, so that it can be copied. */
export function renderCommand(command: {
  readonly prefix: string;
  readonly name: CommandName;
  readonly flags: CommandFlags;
  readonly text: string;
}): string {
  const flags = Object.entries(FLAGS).flatMap(([name, spec]: [string, FlagSpec]) => {
    const value = command.flags[spec.key];
    return value === undefined || value === false ? [] : [renderFlag(name, spec, value)];
  });
  return [`${command.prefix}${command.name}`, ...flags, command.text].filter((part) => part !== '').join(' ');
}

function renderFlag(name: string, spec: FlagSpec, value: string | number | boolean): string {
  if (spec.value === null) {
    return `--${name}`;
  }
  if (spec.key === 'budgetNano' && typeof value === 'number') {
    return `--${name} ${value / 1e9}`;
  }
  if (spec.key === 'timeoutMs' && typeof value === 'number') {
    return `--${name} ${value / 60_000}`;
  }
  const text = String(value);
  return `--${name} ${/\s/.test(text) ? JSON.stringify(text) : text}`;
}
