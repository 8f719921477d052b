import type { Stores } from '../../store/stores.ts';
import type { Task } from '../../task/task.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

/** By its id in either case: branch names have it in lower case. */
export async function findTask({ tasks }: Pick<Stores, 'tasks'>, id: string): Promise<Task | null> {
  return (await tasks.find(id)) ?? tasks.find(id.toUpperCase());
}

export function reportUnknownTask(id: string, output: Output): number {
  output.problem(`there is no task "${printable(id)}"`, 'Run `bosun tasks` to see the ids.');
  return EXIT.failed;
}
