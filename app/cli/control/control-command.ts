import type { Stores } from '../../store/stores.ts';
import type { Task } from '../../task/task.ts';
import type { ServerConfig } from '../../config/server-config.ts';
import type { CliCommand, FlagSpec, FlagValues } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { findTask, reportUnknownTask } from '../inspect/find-task.ts';
import { taskDocument } from '../../control/task-document.ts';
import { withStores } from '../inspect/with-stores.ts';
import type { Output } from '../output.ts';

/** What became of a control command: its code, the task as it is now, and the same as a sentence. */
export interface ControlOutcome {
  readonly code: string;
  readonly task: Task;
  readonly sentence: string;
  /** What to do instead; null when it was done. */
  readonly remedy: string | null;
}

export interface ControlCall {
  readonly task: Task;
  readonly stores: Stores;
  readonly server: ServerConfig;
  readonly flags: FlagValues;
  readonly now: Date;
}

export const JSON_FLAG = {
  json: { type: 'boolean', description: 'print one JSON document' },
} as const satisfies Record<string, FlagSpec>;

/** A command that does one thing to one task in the name of the operator. Exit code 1 when it could not be done. */
export function controlCommand(
  command: Pick<CliCommand, 'name' | 'summary' | 'examples'> & { readonly flags?: Readonly<Record<string, FlagSpec>> },
  act: (call: ControlCall) => Promise<ControlOutcome>,
): CliCommand {
  return {
    ...command,
    positional: ['ID'],
    flags: { ...command.flags, ...JSON_FLAG },
    run: ({ args, flags, output }) => controlTask(args[0] ?? '', { flags, output, act }),
  };
}

export async function controlTask(
  id: string,
  call: { flags: FlagValues; output: Output; act: (call: ControlCall) => Promise<ControlOutcome> },
): Promise<number> {
  const { act, flags, output } = call;
  return withStores(output, async (stores, { server }) => {
    const task = await findTask(stores, id);
    return task === null
      ? reportUnknownTask(id, output)
      : printOutcome(await act({ task, stores, server, flags, now: new Date() }), output);
  });
}

function printOutcome({ code, remedy, sentence, task }: ControlOutcome, output: Output): number {
  if (output.json) {
    output.document({ code, done: remedy === null, task: taskDocument(task) });
  } else if (remedy === null) {
    output.result(sentence);
  } else {
    output.problem(sentence, remedy);
  }
  return remedy === null ? EXIT.done : EXIT.failed;
}
