import type { FlagValues } from '../command.ts';
import type { Output } from '../output.ts';

export type Target = { readonly kind: 'all' } | { readonly kind: 'task'; readonly id: string };

/** One task or all of them; null, and said why, when the call names both or neither. */
export function readTarget(call: {
  readonly name: string;
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly output: Output;
}): Target | null {
  const { args, flags, name, output } = call;
  const [id] = args;
  const isAll = flags['all'] === true;
  if (isAll === (id !== undefined)) {
    output.problem(
      isAll ? `"bosun ${name}" takes an ID or --all, found both` : `"bosun ${name}" needs an ID or --all`,
      `Run \`bosun ${name} --help\` to see its arguments.`,
    );
    return null;
  }
  if (!isAll && flags['note'] !== undefined) {
    output.problem('--note needs --all', `Leave it out, or run \`bosun ${name} --all\`.`);
    return null;
  }
  return id === undefined ? { kind: 'all' } : { kind: 'task', id };
}
