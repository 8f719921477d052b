import type { Output } from './output.ts';

export interface FlagSpec {
  readonly type: 'boolean' | 'string';
  readonly description: string;
  /** How the value is called in help; for strings. */
  readonly value?: string;
}

export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

/** One subcommand: what it is called, what it takes, and what it does. */
export interface CliCommand {
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as shown in help, such as `ID`. */
  readonly positional: readonly string[];
  readonly flags: Readonly<Record<string, FlagSpec>>;
  readonly examples: readonly string[];
  run(call: { args: readonly string[]; flags: FlagValues; output: Output }): Promise<number>;
}
