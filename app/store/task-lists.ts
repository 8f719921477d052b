import type { TaskState, TaskTypeName } from '../../protocol/index.ts';
import type { Attempt } from '../task/attempt.ts';
import type { SpendPurpose } from '../task/ports/ask-model.ts';
import type { NanoUsd, RepositoryRef, Task } from '../task/task.ts';

export const TASK_SORTS = ['newest', 'oldest', 'cost'] as const;
export type TaskSort = (typeof TASK_SORTS)[number];

/** Where a page ended: the task behind it is the first of the next one. */
export interface TaskCursor {
  readonly seq: number;
  /** With the sort `cost`: what the last task of the page had spent in ended attempts. */
  readonly spentNano: NanoUsd;
}

export interface TaskQuery {
  /** Only tasks of these repositories; null is every repository. */
  readonly repositoryIds: readonly number[] | null;
  readonly states?: readonly TaskState[];
  /** Login of who asked for it, in any case. */
  readonly requestedBy?: string;
  readonly type?: TaskTypeName;
  /** `#12` or `12` finds an issue, an id its task, and words find titles in which every word begins a word. */
  readonly search?: string;
  readonly sort: TaskSort;
  readonly after: TaskCursor | null;
  readonly limit: number;
}

export interface TaskPage {
  readonly tasks: readonly Task[];
  /** Null when this is the last page. */
  readonly next: TaskCursor | null;
}

/** What was spent in one group of tasks or requests. */
export interface UsageRow {
  readonly key: string;
  readonly tasks: number;
  /** Of these tasks, how many ended as COMPLETED with a pull request. */
  readonly published: number;
  readonly costNano: NanoUsd;
}

export interface ModelUsageRow {
  readonly model: string;
  readonly purpose: SpendPurpose;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly costNano: NanoUsd;
}

export const USAGE_GROUPS = ['day', 'repository', 'person', 'type', 'state'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export interface UsageQuery {
  readonly repositoryIds: readonly number[] | null;
  /** Tasks created from `from` on and before `to`. */
  readonly from: Date;
  readonly to: Date;
}

/** What people who look at many tasks ask for. Each answer costs the same with ten tasks and with a hundred thousand. */
export interface TaskListStore {
  page(query: TaskQuery): Promise<TaskPage>;
  /** How many tasks of these repositories are in each state. */
  counts(repositoryIds: readonly number[] | null): Promise<Readonly<Record<TaskState, number>>>;
  /** Every repository that ever had a task, by name, as its latest task calls it. */
  repositories(): Promise<readonly (RepositoryRef & { readonly installationId: number })[]>;
  attempts(taskId: string): Promise<readonly Attempt[]>;
  /** By what the tasks cost, the most first; `day` by day, in UTC. */
  usage(query: UsageQuery & { readonly by: UsageGroup; readonly limit: number }): Promise<readonly UsageRow[]>;
  /** Settled requests to models in that time. */
  modelUsage(query: UsageQuery): Promise<readonly ModelUsageRow[]>;
}

export type Search =
  | { readonly kind: 'none' }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Nothing that could be found. */
  | { readonly kind: 'nothing' };

const MAX_WORDS = 8;
const MAX_WORD = 64;

/** What somebody who typed this looks for. */
export function parseSearch(text: string | undefined): Search {
  const line = (text ?? '').trim();
  if (line === '') {
    return { kind: 'none' };
  }
  const [, digits] = /^#?(\d{1,9})$/.exec(line) ?? [];
  if (digits !== undefined) {
    return { kind: 'number', number: Number(digits) };
  }
  if (/^[0-9a-hjkmnp-tv-z]{26}$/i.test(line)) {
    return { kind: 'id', id: line.toUpperCase() };
  }
  const words = titleWords(line)
    .filter((word) => word.length <= MAX_WORD)
    .slice(0, MAX_WORDS);
  return words.length === 0 ? { kind: 'nothing' } : { kind: 'words', words };
}

/** The words of a title as the index has them: letters and digits, in lower case. */
export function titleWords(title: string): string[] {
  return [...title.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)].map(([word]) => word);
}
